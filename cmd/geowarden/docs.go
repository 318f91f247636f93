package main

import (
	"fmt"
	"strings"
)

const referenceHead = `# Configuration

This page is made by ` + "`geowarden config docs`" + ` from the program itself; ` + "`go generate ./cmd/geowarden`" + ` writes it anew.

**Where values come from.** First the process environment, then a file ` + "`.env`" + ` in the working folder (or the one that ` + "`--env-file`" + ` names). An empty value is the same as none.

**Prefix.** ` + "`ENV_STATE`, `HOST` and `PORT`" + ` stand alone. Every other name takes ` + "`DEV_`" + ` where ENV_STATE is ` + "`dev`" + ` (the default) and ` + "`PROD_`" + ` where it is ` + "`prod`" + `: ` + "`DEV_UPSTREAM_URL`" + `. One .env file may hold both. The standard ` + "`OTEL_*`, `HTTPS_PROXY` and `NO_PROXY`" + ` keep their own names and are read from the process environment only.

**Unknown names.** A name in the .env file that nothing reads is an error at start. In the process environment, where others put names of their own, only a slip of the pen is: one or two letters off a name of ours, with the prefix in force.

**Secrets.** A setting marked *secret* never shows, and may stand in a file instead, which ` + "`…_FILE`" + ` names (` + "`DEV_OIDC_CLIENT_SECRET_FILE=/run/secrets/oidc`" + `): exactly one of the two; one newline at the file's end does not count; an empty file is an error.

**Values.** Switches are true or false (also 1/0, yes/no, on/off). Durations have a unit: 500ms, 30s, 5m, 24h. Addresses are absolute, http or https, without user, query and fragment.

**The .env file.** One ` + "`NAME=value`" + ` a line, each name once; a comment begins with # at the start of a line or after a space. A value with $, quotes or backslashes stands in single quotes. What readers of such files disagree about is an error.

**All at once.** ` + "`geowarden config check`" + ` says everything that is wrong; ` + "`geowarden config`" + ` prints what is in force and where each value came from. Neither shows a secret.
`

// referencePage is docs/configuration.md.
func referencePage() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	group := ""
	for f := range new(Settings).fields() {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n## %s\n\n| name | default | matters in mode | meaning |\n|---|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, orDash(f.def, "`"), orDash(f.mode, ""), f.meaning())
	}
	b.WriteString("\n## Names of fastgeoapi without meaning here\n\nThey are known, named in one warning, and not read; [Coming from fastgeoapi](migration.md) says what becomes of them: ")
	for i, name := range retired {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "`%s`", name)
	}
	b.WriteString(". A template of loguru in `LOG_FORMAT` becomes `json`.\n")
	return b.String()
}

// meaning is the description, fit for a table's cell.
func (f field) meaning() string {
	text := strings.ReplaceAll(f.desc, "|", `\|`)
	if f.secret() || f.many() {
		text += " *Secret.*"
	}
	return text
}

func orDash(text, quote string) string {
	if text == "" {
		return "–"
	}
	return quote + text + quote
}

const exampleHead = `# Settings of Geowarden, as docs/configuration.md explains them. Copy this file to
# .env, take the # away from what you need and change it. As it is, it starts without
# a mode, on this machine only. DEV_ is the prefix while ENV_STATE is dev, PROD_ while
# it is prod.
`

// needed are the settings that the example file does not comment out.
var needed = map[string]string{"ENV_STATE": "dev", "UPSTREAM_URL": "http://localhost:5001"}

// exampleFile is .env.example: every setting, explained.
func exampleFile() string {
	var b strings.Builder
	b.WriteString(exampleHead)
	group := ""
	for f := range new(Settings).fields() {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n# ---- %s ----\n", group)
		}
		b.WriteString("\n" + wrapComment(f.desc))
		if f.mode != "" {
			fmt.Fprintf(&b, "# Matters in mode: %s.\n", f.mode)
		}
		if value, is := needed[f.name]; is {
			fmt.Fprintf(&b, "%s=%s\n", f.full("DEV_"), value)
			continue
		}
		fmt.Fprintf(&b, "#%s=%s\n", f.exampleName(), f.exampleValue())
	}
	return b.String()
}

func (f field) exampleName() string {
	if f.many() {
		return "DEV_" + f.example
	}
	return f.full("DEV_")
}

// exampleValue is never a secret that somebody could keep by mistake.
func (f field) exampleValue() string {
	switch {
	case f.many() || f.secret():
		return ""
	case f.def != "":
		return f.def
	}
	return f.example
}

// wrapComment breaks text into comment lines of at most 90 characters.
func wrapComment(text string) string {
	var b strings.Builder
	length := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case length == 0:
			b.WriteString("#")
			length = 1
		case length+1+len(word) > 90:
			b.WriteString("\n#")
			length = 1
		}
		b.WriteString(" " + word)
		length += 1 + len(word)
	}
	return b.String() + "\n"
}
