package main

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestExpiryIsADurationInDaysADateOrATime(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 5, time.UTC)
	for text, want := range map[string]string{
		"90d": "2027-02-20T12:00:00Z", "1d": "2026-11-23T12:00:00Z", "2027-01-31": "2027-01-31T00:00:00Z", "2027-01-31T10:00:00+02:00": "2027-01-31T08:00:00Z",
	} {
		if got, err := parseExpiry(text, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
	if got, err := parseExpiry("", now); err != nil || !got.IsZero() {
		t.Errorf("never is %s %v", got, err)
	}
	for _, text := range []string{"0d", "-1d", "d", "1.5d", "99999999d", "9999999999999999999d", "90", "12h", "31.1.2027", "2027-02-30", "2026-11-22", "2026-11-22T12:00:00Z"} {
		if got, err := parseExpiry(text, now); err == nil {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestVersionNamesWhatTheBuildRecorded(t *testing.T) {
	built := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	for want, info := range map[string]*debug.BuildInfo{
		"geowarden v1.2.3 commit abc with changes " + built: info,
		"geowarden " + built: nil,
	} {
		if got := versionLine(info); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRunReturnsWhatItPrints(t *testing.T) {
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"config", "check", "--env-file", "/dev/null"}, []string{"DEV_UPSTREAM_URL=canary"}, &stdout, &stderr)
	if err == nil || stdout.Len() != 0 || !bytes.Contains(stderr.Bytes(), []byte("geowarden: "+err.Error())) || bytes.Contains(stderr.Bytes(), []byte("canary")) {
		t.Errorf("%v\n%s\n%s", err, &stdout, &stderr)
	}
}
