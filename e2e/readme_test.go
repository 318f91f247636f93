package e2e

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// line is one curl command of a README and the status that it promises.
type line struct {
	mode    string // api-key, jwks or oidc
	number  int    // where it stands, for the failure
	before  string // the assignments of its block that stand above it
	command string
	status  int
}

var (
	mark       = regexp.MustCompile(`\be2e: *([a-z][a-z-]*)`)
	promise    = regexp.MustCompile(`\s# *([1-5][0-9][0-9])\b[^'"]*$`)
	assignment = regexp.MustCompile(`^(?:export +)?[A-Za-z_][A-Za-z0-9_]*=`)
)

// reader goes through a README line by line.
type reader struct {
	lines   []line
	number  int
	fence   string // what closes the block; empty outside one
	mode    string // the mode of the block, or of the comment just read
	before  []string
	pending string // the first lines of a command that goes on
	start   int
}

// readLines finds the curl lines of the sh blocks whose fence, or the HTML
// comment just before it, says `e2e: MODE`. A line of such a block that is no
// assignment and no curl command with a status after `#` is an error: a reader
// of the README would type it, and nothing would have tried it.
func readLines(r io.Reader) ([]line, error) {
	var rd reader
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		rd.number++
		if err := rd.take(scan.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", rd.number, err)
		}
	}
	if rd.fence != "" && rd.mode != "" {
		return nil, fmt.Errorf("line %d: the block is not closed", rd.number)
	}
	return rd.lines, scan.Err()
}

func (rd *reader) take(text string) error {
	trimmed := strings.TrimSpace(text)
	switch {
	case rd.fence != "" && trimmed == rd.fence:
		return rd.leave()
	case rd.fence != "" && rd.mode != "":
		return rd.shell(trimmed)
	case rd.fence != "" || trimmed == "":
		return nil
	}
	found := mark.FindStringSubmatch(trimmed)
	isFence := strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~")
	switch {
	case isFence:
		rd.fence = trimmed[:3]
		if found != nil {
			rd.mode = found[1]
		}
	case found != nil && strings.HasPrefix(trimmed, "<!--"):
		rd.mode = found[1]
	default:
		rd.mode = ""
	}
	return nil
}

func (rd *reader) leave() error {
	if rd.pending != "" {
		return fmt.Errorf("the command of line %d does not end", rd.start)
	}
	rd.fence, rd.mode, rd.before = "", "", nil
	return nil
}

func (rd *reader) shell(text string) error {
	if rd.pending == "" {
		rd.start = rd.number
	}
	command := rd.pending + text
	if strings.HasSuffix(text, `\`) {
		rd.pending = command + "\n"
		return nil
	}
	rd.pending = ""
	status := promise.FindStringSubmatchIndex(command)
	switch {
	case command == "" || strings.HasPrefix(command, "#"):
		return nil
	case assignment.MatchString(command):
		rd.before = append(rd.before, command)
		return nil
	case !strings.HasPrefix(command, "curl "):
		return fmt.Errorf("neither curl nor an assignment: %s", command)
	case status == nil:
		return fmt.Errorf("no status after #: %s", command)
	}
	code, err := strconv.Atoi(command[status[2]:status[3]])
	rd.lines = append(rd.lines, line{
		mode: rd.mode, number: rd.start, before: strings.Join(rd.before, "\n"),
		command: strings.TrimSpace(command[:status[0]]), status: code,
	})
	return err
}
