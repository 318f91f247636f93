package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"geowarden": main})
}

// TestCommands runs the program itself, as its users do: every command and
// every error of it is a script.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			fixture, err := os.ReadFile("testdata/fastgeoapi.env")
			if err != nil {
				return err
			}
			e.Setenv("READY", gatewayAnswering(t, http.StatusOK, `{"status":"ready","degraded":["upstream"]}`))
			e.Setenv("NOT_READY", gatewayAnswering(t, http.StatusServiceUnavailable, `{"status":"not-ready","reason":"keys"}`))
			e.Setenv("STRANGER", gatewayAnswering(t, http.StatusOK, `<html>`))
			e.Setenv("NOBODY", freePort(t))
			return errors.Join(writeCertificates(e.WorkDir), os.WriteFile(e.WorkDir+"/fastgeoapi.env", fixture, 0o600))
		},
	})
}

// gatewayAnswering stands where a gateway would, and returns its port.
func gatewayAnswering(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			_, _ = w.Write([]byte(`{"status":"ok"}`))
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// freePort is one on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
