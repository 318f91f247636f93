package listen_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/geowarden/geowarden/internal/listen"
)

// hostile is a client of HTTP/2 that keeps to no rule of it.
type hostile struct {
	t      *testing.T
	conn   *tls.Conn
	framer *http2.Framer
	block  bytes.Buffer
	hpack  *hpack.Encoder
}

// besiege runs a server and gives a hostile client of it, and one that behaves.
func besiege(t *testing.T, cfg listen.Config) (*hostile, *http.Client, *rig) {
	t.Helper()
	ca := newAuthority(t, "ca")
	r, _ := secure(t, cfg, filesOf(t, ca.issue(), nil))
	raw := dial(t, r, "")
	h := &hostile{t: t, conn: tls.Client(raw, &tls.Config{RootCAs: ca.pool(), ServerName: "localhost", NextProtos: []string{"h2"}})}
	h.hpack = hpack.NewEncoder(&h.block)
	h.framer = http2.NewFramer(h.conn, h.conn)
	send(h.conn, http2.ClientPreface)
	h.must(h.framer.WriteSettings())
	return h, client(t, &tls.Config{RootCAs: ca.pool()}), r
}

func (h *hostile) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// fields are header fields as they stand in a frame.
func (h *hostile) fields(path string, more ...hpack.HeaderField) []byte {
	h.t.Helper()
	h.block.Reset()
	all := append([]hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: "localhost"}, {Name: ":path", Value: path}}, more...)
	for _, f := range all {
		h.must(h.hpack.WriteField(f))
	}
	return bytes.Clone(h.block.Bytes())
}

// headers begins a stream.
func (h *hostile) headers(stream uint32, block []byte, end bool) error {
	return h.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block, EndStream: true, EndHeaders: end})
}

// flood sends until the server has ended the connection, which it does a second
// after it has said so, and fails when that does not come.
func (h *hostile) flood(attack func(i uint32) error) {
	h.t.Helper()
	deadline := time.Now().Add(2 * patience)
	h.must(h.conn.SetWriteDeadline(deadline))
	for i := uint32(0); time.Now().Before(deadline); i++ {
		err := attack(i)
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			break
		}
		if err != nil {
			return
		}
	}
	h.t.Error("the connection is still open")
}

// frames reads what the server sends until it ends the connection, answering
// nothing, or until seen says that it is enough.
func (h *hostile) frames(seen func(http2.Frame) bool) {
	h.t.Helper()
	h.must(h.conn.SetReadDeadline(time.Now().Add(patience)))
	for {
		f, err := h.framer.ReadFrame()
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			h.t.Fatal("the connection is still open")
		}
		if err != nil || seen(f) {
			return
		}
	}
}

// drain reads what the server sends and looks at none of it.
func (h *hostile) drain() { _, _ = io.Copy(io.Discard, h.conn) }

func never(http2.Frame) bool { return false }

// CVE-2023-44487, CVE-2023-39325: a stream that is reset counts no more, but
// what it began still runs.
func TestRapidResetStartsNoMoreThanTheStreamsAllowed(t *testing.T) {
	const streams = 10
	g := newGate(t)
	var running, most atomic.Int64
	h, others, r := besiege(t, listen.Config{MaxStreams: streams, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/held" {
			raise(&most, running.Add(1))
			<-g.open // whether or not the client is still there
			running.Add(-1)
		}
		ok(w, req)
	})})
	go h.drain()
	block := h.fields("/held")
	h.flood(func(i uint32) error {
		if i%1000 == 0 {
			served(t, others, "https://localhost:"+r.port)
		}
		return errors.Join(h.headers(2*i+1, block, true), h.framer.WriteRSTStream(2*i+1, http2.ErrCodeCancel))
	})
	served(t, others, "https://localhost:"+r.port)
	if n := most.Load(); n == 0 || n > streams {
		t.Errorf("%d ran at once, want up to %d", n, streams)
	}
}

func TestMoreStreamsThanAllowedAreRefused(t *testing.T) {
	const streams = 5
	g := newGate(t)
	h, _, _ := besiege(t, listen.Config{MaxStreams: streams, Handler: g})
	block := h.fields("/held")
	for i := range uint32(3 * streams) {
		h.must(h.headers(2*i+1, block, true))
	}
	refused := 0
	h.frames(func(f http2.Frame) bool {
		if _, is := f.(*http2.RSTStreamFrame); is {
			refused++
		}
		return refused == 2*streams
	})
	if refused != 2*streams || len(g.entered) > streams {
		t.Errorf("%d refused, %d reached the handler", refused, len(g.entered))
	}
}

// What one connection may fill is said in its first frame, and kept to.
func TestWhatAConnectionCanFillIsBounded(t *testing.T) {
	h, _, _ := besiege(t, listen.Config{MaxHeaderBytes: 10_000, MaxStreams: 7})
	got := map[http2.SettingID]uint32{}
	h.frames(func(f http2.Frame) bool {
		s, is := f.(*http2.SettingsFrame)
		if is {
			h.must(s.ForeachSetting(func(v http2.Setting) error { got[v.ID] = v.Val; return nil }))
		}
		return is
	})
	for id, most := range map[http2.SettingID]uint32{
		http2.SettingMaxConcurrentStreams: 7,
		http2.SettingMaxFrameSize:         16 << 10,
		http2.SettingInitialWindowSize:    512 << 10,
		http2.SettingMaxHeaderListSize:    10_000 + 4096,
	} {
		if got[id] == 0 || got[id] > most {
			t.Errorf("%s is %d, want up to %d", id, got[id], most)
		}
	}
	go h.drain()
	h.flood(func(uint32) error { return h.framer.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 16<<10+1)) })
}

// A client that orders much, takes nothing and goes on sending is no client.
func TestWhatNobodyTakesEndsTheConnection(t *testing.T) {
	h, _, _ := besiege(t, listen.Config{StallTimeout: time.Second, AnswerTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 64<<20))
	})})
	h.must(h.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30}))
	h.must(h.framer.WriteWindowUpdate(0, 1<<30))
	h.must(h.headers(1, h.fields("/large"), true))
	h.flood(func(uint32) error {
		time.Sleep(5 * time.Millisecond) // often enough to need no ping
		return h.framer.WriteWindowUpdate(0, 1)
	})
}

// CVE-2023-45288: a header that never ends.
func TestAnEndlessHeaderEndsTheConnection(t *testing.T) {
	reached := make(chan string, 100)
	h, others, r := besiege(t, listen.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		reached <- req.URL.Path
		ok(w, req)
	})})
	go h.drain()
	h.must(h.headers(1, h.fields("/endless"), false))
	more := strings.Repeat("a", 8<<10)
	h.flood(func(uint32) error {
		h.block.Reset()
		h.must(h.hpack.WriteField(hpack.HeaderField{Name: "x-a", Value: more, Sensitive: true}))
		return h.framer.WriteContinuation(1, false, h.block.Bytes())
	})
	served(t, others, "https://localhost:"+r.port+"/other")
	if got := <-reached; got != "/other" {
		t.Errorf("the handler was reached by %s", got)
	}
}

// thousand are many frames in one write.
func (h *hostile) thousand(frame func(*http2.Framer) error) []byte {
	h.t.Helper()
	var many bytes.Buffer
	framer := http2.NewFramer(&many, nil)
	for range 1000 {
		h.must(frame(framer))
	}
	return many.Bytes()
}

// CVE-2019-9512: answers that nobody takes are not gathered without end.
func TestAFloodOfPingsEndsTheConnection(t *testing.T) {
	h, others, r := besiege(t, listen.Config{})
	pings := h.thousand(func(f *http2.Framer) error { return f.WritePing(false, [8]byte{}) })
	h.flood(func(uint32) error {
		_, err := h.conn.Write(pings)
		return err
	})
	served(t, others, "https://localhost:"+r.port)
}

// CVE-2019-9515: settings are answered all together, and heap nothing up.
func TestAFloodOfSettingsTakesNoMemory(t *testing.T) {
	h, others, r := besiege(t, listen.Config{})
	settings := h.thousand(func(f *http2.Framer) error { return f.WriteSettings() })
	before := heap()
	for range 500 {
		if _, err := h.conn.Write(settings); err != nil {
			t.Fatal(err)
		}
	}
	served(t, others, "https://localhost:"+r.port)
	if after := heap(); after > before+16<<20 {
		t.Errorf("%d bytes are held for half a million frames", after-before)
	}
	h.must(h.conn.Close())
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A few bytes can stand for a large header: the HPACK bomb, CVE-2016-6581.
func TestALargeHeaderOfHTTP2Is431(t *testing.T) {
	reached := make(chan struct{}, 1)
	cfg := listen.Config{MaxHeaderBytes: 8 << 10, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} })}
	entry := hpack.HeaderField{Name: "x-bomb", Value: strings.Repeat("a", 3<<10)}
	bomb := []hpack.HeaderField{entry}
	for range 2000 {
		bomb = append(bomb, entry) // one byte each
	}
	var fields []hpack.HeaderField
	for range 20 {
		fields = append(fields, hpack.HeaderField{Name: "x-a", Value: strings.Repeat("b", 600), Sensitive: true})
	}
	for i, more := range [][]hpack.HeaderField{bomb, fields} {
		h, _, _ := besiege(t, cfg)
		block := h.fields("/", more...)
		if len(block) > 16<<10 {
			t.Fatalf("%d bytes are too many for one frame", len(block))
		}
		h.must(h.headers(1, block, true))
		status := ""
		h.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		h.frames(func(f http2.Frame) bool {
			m, is := f.(*http2.MetaHeadersFrame)
			if is {
				status = m.PseudoValue("status")
			}
			return is
		})
		if status != "431" {
			t.Errorf("header %d: status %q", i, status)
		}
	}
	if len(reached) > 0 {
		t.Error("the handler was reached")
	}
}

// Whoever answers no ping is gone, whatever they have begun; who only waits is
// let go after a while.
func TestSilentConnectionsOfHTTP2End(t *testing.T) {
	const soon = 300 * time.Millisecond
	for name, tt := range map[string]struct {
		cfg   listen.Config
		begin func(h *hostile) error
	}{
		"with a request under way":  {listen.Config{StallTimeout: soon}, func(h *hostile) error { return h.headers(1, h.fields("/held"), true) }},
		"in the middle of a frame":  {listen.Config{StallTimeout: soon}, func(h *hostile) error { _, err := io.WriteString(h.conn, "\x00\x10\x00\x01"); return err }},
		"in the middle of a header": {listen.Config{StallTimeout: soon}, func(h *hostile) error { return h.headers(1, h.fields("/"), false) }},
		"with nothing to ask for":   {listen.Config{IdleTimeout: soon}, func(*hostile) error { return nil }},
		"after what it had asked":   {listen.Config{IdleTimeout: soon}, func(h *hostile) error { return h.headers(1, h.fields("/"), true) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			cfg := tt.cfg
			cfg.Handler = g
			h, _, _ := besiege(t, cfg)
			h.must(tt.begin(h))
			h.frames(never)
		})
	}
}
