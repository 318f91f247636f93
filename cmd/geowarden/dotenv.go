package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

// readDotenv reads a .env file. What it cannot read it reports by the line,
// never by the text: a broken line may well be a secret.
func readDotenv(file string, required bool, r *report) map[string]string {
	content, err := os.ReadFile(file) //nolint:gosec // G304: the operator names the file
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil
	}
	if err != nil {
		r.problem(file, "it cannot be read: %s", pathless(err))
		return nil
	}
	values, problems := parseDotenv(string(content))
	for _, p := range problems {
		r.problem(fmt.Sprintf("%s line %d", file, p.line), "%s", p.what)
	}
	return values
}

// lineProblem is what is wrong with one line of a .env file.
type lineProblem struct {
	line int
	what string
}

// An assignment is NAME=, or export NAME=. Lower case stands after a first _
// only (PYGEOAPI_KEY_alice), so that a line of a base64 secret that ends in =
// is not taken for a name, and shown in an error.
var assignment = regexp.MustCompile(`^(?:export[ \t]+)?([A-Z][A-Z0-9]*(?:_[A-Za-z0-9_]*)?)[ \t]*=[ \t]*`)

// afterQuote is what may follow a closing quote.
var afterQuote = regexp.MustCompile(`^[ \t]*(?: #[^\n]*)?(?:\n|$)`)

// parseDotenv reads the part of the format that every reader of .env files
// (godotenv, python-dotenv, docker compose, the shell) reads in the same way,
// and refuses the rest: one variable a line, at most once, in single quotes
// where it holds anything special. godotenv gives each value its meaning.
func parseDotenv(content string) (values map[string]string, problems []lineProblem) {
	content = strings.ReplaceAll(content, "\r\n", "\n")
	values, lines := map[string]string{}, map[string]int{}
	for number := 1; content != ""; {
		statement, err := nextStatement(content)
		content = content[len(statement):]
		line := number
		number += strings.Count(statement, "\n")
		name := assignedName(statement)
		if err == nil && name != "" && lines[name] != 0 {
			err = fmt.Errorf("%s is set on line %d already; keep one of the two", name, lines[name])
		}
		var pair map[string]string
		if err == nil && name != "" {
			if pair, err = godotenv.Unmarshal(statement); err != nil {
				err = errors.New("it cannot be read as NAME=value") // the cause quotes the line
			}
		}
		if err != nil {
			problems = append(problems, lineProblem{line, err.Error()})
			continue
		}
		if name != "" {
			values[name], lines[name] = pair[name], line
		}
	}
	return values, problems
}

// assignedName is the name that a statement sets, or "" for a blank line or a
// comment.
func assignedName(statement string) string {
	if match := assignment.FindStringSubmatch(strings.TrimLeft(statement, " \t")); match != nil {
		return match[1]
	}
	return ""
}

// nextStatement cuts the first statement off: a line, or several where a
// quoted value has newlines. With an error it is the line that is wrong.
func nextStatement(content string) (string, error) {
	first, _, _ := strings.Cut(content, "\n")
	line := content[:min(len(first)+1, len(content))]
	trimmed := strings.TrimLeft(first, " \t")
	if strings.TrimSpace(first) == "" || strings.HasPrefix(trimmed, "#") {
		return line, nil
	}
	indent := len(first) - len(trimmed)
	match := assignment.FindString(trimmed)
	if match == "" {
		return line, errors.New("it is not NAME=value, with a name in upper case")
	}
	rest := content[indent+len(match):]
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return line, checkUnquoted(strings.TrimSuffix(line[indent+len(match):], "\n"))
	}
	length := strings.IndexByte(rest[1:], rest[0])
	if length < 0 {
		return content, errors.New("its quote is never closed")
	}
	end := afterQuote.FindString(rest[length+2:])
	if end == "" && rest[length+2:] != "" {
		return line, errors.New("its closing quote is not the end; write the value in one pair of quotes, of a kind that it does not hold")
	}
	return content[:indent+len(match)+length+2+len(end)], checkQuoted(rest[0], rest[1:length+1])
}

// checkUnquoted refuses what readers disagree about outside quotes.
func checkUnquoted(value string) error {
	switch {
	case strings.Contains(value, "$"):
		return errors.New("some readers take $ for a reference; write the value in single quotes")
	case strings.HasPrefix(value, "#"):
		return errors.New("# is the value's first character here, not a comment; leave the value empty or write it in single quotes")
	case strings.Count(value, " #")+strings.Count(value, "\t#") > 1:
		return errors.New("readers disagree where its comment begins; write the value in single quotes, or the comment above")
	case hasControl(value):
		return errors.New("it has a control character")
	}
	return nil
}

// checkQuoted refuses what readers disagree about inside quotes.
func checkQuoted(quote byte, value string) error {
	switch {
	case hasControl(strings.ReplaceAll(value, "\n", "")):
		return errors.New("it has a control character")
	case quote == '\'' && strings.Contains(value, `\\`), strings.HasSuffix(value, `\`):
		return errors.New("readers disagree about its backslashes; put the value into a file and name that in NAME_FILE or take it from the environment")
	case quote == '"' && strings.Contains(value, "$"):
		return errors.New("some readers take $ for a reference; write the value in single quotes")
	case quote == '"' && strings.Contains(strings.ReplaceAll(value, `\n`, ""), `\`):
		return errors.New("readers disagree about its backslashes; write the value in single quotes")
	}
	return nil
}

func hasControl(value string) bool {
	return strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
