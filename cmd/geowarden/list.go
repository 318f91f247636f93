package main

import (
	"strings"

	"go.uber.org/zap"
)

// watchedList says what the back end's list of collections tells about the
// settings, once, and again when it changes.
type watchedList struct {
	settings *Settings
	log      *zap.Logger
	said     string
}

// refreshed is called after each fetch, one at a time, with the number of
// collections and the address that the list gives itself.
func (w *watchedList) refreshed(n int, self string, err error) {
	says := ""
	switch {
	case err != nil:
		says = "the back end's collections could not be listed: " + err.Error()
	case n == 0:
		says = "the back end lists no collections: is " + w.settings.full("UPSTREAM_URL") + " its root?"
	case self != "" && !below(self, w.settings.ServerURL()) && !below(self, w.settings.PublicURL()):
		own := cut(strings.TrimSuffix(strings.TrimSuffix(strings.SplitN(self, "?", 2)[0], "/"), "/collections"))
		says = "links lead past the gateway: the back end calls itself " + own + "; set " + w.settings.full("UPSTREAM_SERVER_URL") + " to that, or its own address to " + w.settings.PublicURL()
	}
	say := w.log.Warn
	if says == "" && err == nil && below(self, w.settings.PublicURL()) && !below(self, w.settings.ServerURL()) {
		says, say = "answers are rewritten without need: the back end calls itself by the public address; set "+w.settings.full("UPSTREAM_SERVER_URL")+" to "+w.settings.PublicURL()+" too, and they pass as they are, with Range and If-None-Match", w.log.Info
	}
	if says != "" && says != w.said {
		say(says)
	}
	w.said = says
}

// below reports whether an address is at or below another.
func below(address, root string) bool {
	rest, ok := strings.CutPrefix(address, strings.TrimSuffix(root, "/"))
	return ok && (rest == "" || strings.ContainsAny(rest[:1], "/?#"))
}

// cut keeps a line of the log short, whatever the back end sends.
func cut(s string) string { return s[:min(len(s), 200)] }
