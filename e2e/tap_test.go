//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A tap passes connections on to a peer, and keeps what was sent to it: for
// peers whose own log does not show what arrived.
type tap struct {
	url string

	mutex sync.Mutex
	sent  bytes.Buffer
}

// tapOn makes a tap in front of a peer's address.
func tapOn(t *testing.T, url string) *tap {
	t.Helper()
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	tp := &tap{url: "http://" + listener.Addr().String()}
	t.Cleanup(func() {
		_ = listener.Close()
		// The leaks of the whole run are looked for in files.
		if err := os.WriteFile(filepath.Join(logs, "arrived-"+strings.ReplaceAll(t.Name(), "/", "-")+".log"), []byte(tp.text()), 0o600); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				_ = from.Close()
				continue
			}
			go pump(to, io.TeeReader(from, tp))
			go pump(from, to)
		}
	}()
	return tp
}

// pump copies until either side ends, and ends the other.
func pump(to net.Conn, from io.Reader) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

func (tp *tap) Write(p []byte) (int, error) {
	tp.mutex.Lock()
	defer tp.mutex.Unlock()
	return tp.sent.Write(p)
}

// text is everything that was sent so far.
func (tp *tap) text() string {
	tp.mutex.Lock()
	defer tp.mutex.Unlock()
	return tp.sent.String()
}
