package upstream_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const ok = "HTTP/1.1 200 OK\r\n"

// answers are what back ends send, well and badly formed, and worse.
var answers = []struct {
	name, method, raw string
	strict            bool // refused here, and read by http.Transport
	last              bool // read, and the last on its connection
}{
	{"a length", "GET", ok + "Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello", false, false},
	{"no body by length", "GET", ok + "Content-Length: 0\r\n\r\n", false, false},
	{"chunks", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n", false, false},
	{"chunks in another case", "GET", ok + "transfer-encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, false},
	{"trailer", "GET", ok + "Transfer-Encoding: chunked\r\nTrailer: X-Sum, x-other\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Unannounced: 2\r\n\r\n", false, false},
	{"trailer that was not announced", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n", false, false},
	{"until the end", "GET", ok + "\r\nhello", false, true},
	{"close", "GET", ok + "Connection: close\r\nContent-Length: 5\r\n\r\nhello", false, true},
	{"close among others", "GET", ok + "Connection: x-hop, Close\r\nContent-Length: 5\r\n\r\nhello", false, true},
	{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, true},
	{"HTTP/1.0 that keeps alive", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", false, true},
	{"no reason phrase", "GET", "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", false, false},
	{"no space before no reason", "GET", "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", false, false},
	{"fields of one name, spaces, odd bytes", "GET", ok + "Link: a\r\nX-Odd: \t spaced \t\r\nlink: b\r\nX-Latin: \xe9\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n", false, false},
	{"lower case, as uvicorn writes", "GET", "HTTP/1.1 200 OK\r\ndate: now\r\nserver: uvicorn\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}", false, false},
	{"compressed", "GET", ok + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", false, false},
	{"an old cache directive", "GET", ok + "Pragma: no-cache\r\nContent-Length: 0\r\n\r\n", false, false},
	{"HEAD with a length", "HEAD", ok + "Content-Length: 5\r\n\r\n", false, false},
	{"HEAD without", "HEAD", ok + "\r\n", false, false},
	{"HEAD chunked", "HEAD", ok + "Transfer-Encoding: chunked\r\n\r\n", false, false},
	{"204", "OPTIONS", "HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n", false, false},
	{"304 with the length it would have", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nEtag: \"a\"\r\n\r\n", false, false},
	{"informational answers before", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 5\r\n\r\nhello", false, false},
	{"many informational answers before", "GET", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 8) + ok + "Content-Length: 5\r\n\r\nhello", false, false},
	{"a head of many reads", "GET", ok + "X-Long: " + strings.Repeat("x", 20<<10) + "\r\nContent-Length: 5\r\n\r\nhello", false, false},
	{"a body of many reads", "GET", ok + "Content-Length: 100000\r\n\r\n" + strings.Repeat("0123456789", 10000), false, false},

	{"length and coding", "GET", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, false},
	{"HEAD with length and coding", "HEAD", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", false, false},
	{"one length twice", "GET", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", false, false},
	{"lines without carriage return", "GET", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", false, false},
	{"a status line without carriage return", "GET", "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello", false, false},
	{"informational answer without carriage return", "GET", "HTTP/1.1 100 Continue\n\n" + ok + "Content-Length: 5\r\n\r\nhello", false, false},
	{"204 with a body", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", false, true},
	{"204 with a length and none", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, false},
	{"204 with a coding", "GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, false},
	{"304 with a body", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", false, true},
	{"HEAD with a body", "HEAD", ok + "Content-Length: 5\r\n\r\nhello", false, true},
	{"an answer too many", "GET", ok + "Content-Length: 5\r\n\r\nhello" + ok + "Content-Length: 4\r\n\r\nevil", false, true},
	{"an answer too many after chunks", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + ok + "Content-Length: 4\r\n\r\nevil", false, true},
	{"a byte too many", "GET", ok + "Content-Length: 5\r\n\r\nhello\n", false, true},

	{"two lengths", "GET", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", false, false},
	{"a list of lengths", "GET", ok + "Content-Length: 5, 5\r\n\r\nhello", false, false},
	{"a length with a sign", "GET", ok + "Content-Length: +5\r\n\r\nhello", false, false},
	{"a negative length", "GET", ok + "Content-Length: -5\r\n\r\nhello", false, false},
	{"an empty length", "GET", ok + "Content-Length:\r\n\r\nhello", false, false},
	{"a length beyond 63 bits", "GET", ok + "Content-Length: 9223372036854775808\r\n\r\nhello", false, false},
	{"another coding", "GET", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", false, false},
	{"a coding twice", "GET", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, false},
	{"a trailer that frames", "GET", ok + "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\n\r\n", false, false},
	{"a cut head", "GET", ok + "Content-Le", false, false},
	{"a cut body", "GET", ok + "Content-Length: 5\r\n\r\nhell", false, false},
	{"a cut chunk", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhe", false, false},
	{"chunks without an end", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, false},
	{"chunks without the empty line", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", false, false},
	{"a chunk of a bad size", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", false, false},
	{"a chunk line without carriage return", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", false, false},
	{"trailer line without carriage return", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\n\r\n", false, false},
	{"an endless trailer", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" + strings.Repeat("X-Sum: 1\r\n", 1000) + "\r\n", false, false},
	{"a bad trailer", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n", false, false},
	{"nothing", "GET", "", false, false},
	{"no HTTP", "GET", "SSH-2.0-OpenSSH_9.9\r\n\r\n", false, false},
	{"a bad status", "GET", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a field without colon", "GET", ok + "Content-Length 5\r\n\r\nhello", false, false},
	{"a field without name", "GET", ok + ": 5\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a field name with a control character", "GET", ok + "X\x00: 5\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a control character in a value", "GET", ok + "X-A: a\x00b\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a carriage return in a value", "GET", ok + "X-A: a\rContent-Length: 5\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a line continued at once", "GET", ok + " X-A: a\r\nContent-Length: 0\r\n\r\n", false, false},

	{"a line continued", "GET", ok + "X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a length continued", "GET", ok + "Content-Length: 1\r\n 0\r\n\r\nhellohello", false, false},
	{"a space before the colon", "GET", ok + "Content-Length : 5\r\nContent-Length: 0\r\n\r\nhello", false, true},
	{"a carriage return at the end of a value", "GET", ok + "X-A: a\r\r\nContent-Length: 0\r\n\r\n", false, false},
	{"until the end, with a coding in HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, true},
	{"a status no server may pass on", "GET", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n", true, false},
	{"too many informational answers", "GET", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 9) + ok + "Content-Length: 5\r\n\r\nhello", true, false},
	{"a status that is none, and another", "GET", "HTTP/1.1 099 Odd\r\n\r\n" + ok + "Content-Length: 5\r\n\r\nhello", true, false},
	{"a status with a sign", "GET", "HTTP/1.1 +20 Odd\r\nContent-Length: 0\r\n\r\n", true, false},
	{"another version", "GET", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a control character in the reason", "GET", "HTTP/1.1 200 O\x1bK\r\nContent-Length: 0\r\n\r\n", false, false},
	{"a framing field in the trailer", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", false, false},
}

// saying is a backend that sends raw bytes to whoever asks for /raw, and closes
// the connection then if it is to; everything else gets its own path.
func saying(t testing.TB, raw string, closing bool) *backend {
	return listen(t, func(l *line) {
		for {
			req, ok := l.hear()
			if !ok {
				return
			}
			if req.URL.Path != "/raw" {
				l.say(own(req))
				continue
			}
			l.say(raw)
			if closing {
				_ = l.Conn.(*net.TCPConn).CloseWrite()
			}
		}
	})
}

// differences are those between two answers that were read without an error.
func differences(a, b result) []string {
	var out []string
	differ := func(what string, x, y any) {
		if !reflect.DeepEqual(x, y) {
			out = append(out, fmt.Sprintf("%s: %v, not %v", what, x, y))
		}
	}
	differ("status", a.Status, b.Status)
	differ("code", a.StatusCode, b.StatusCode)
	differ("version", []any{a.Proto, a.ProtoMajor, a.ProtoMinor}, []any{b.Proto, b.ProtoMajor, b.ProtoMinor})
	differ("header", a.Header, b.Header)
	differ("length", a.ContentLength, b.ContentLength)
	differ("coding", a.TransferEncoding, b.TransferEncoding)
	differ("close", a.Close, b.Close)
	differ("uncompressed", a.Uncompressed, b.Uncompressed)
	differ("trailer", a.Trailer, b.Trailer)
	differ("body", a.body, b.body)
	differ("no body", a.Body == http.NoBody, b.Body == http.NoBody)
	return out
}

// readBoth reads raw bytes over a Transport and over http.Transport.
func readBoth(t testing.TB, method, raw string) (here, there result) {
	t.Helper()
	b := saying(t, raw, true)
	fallback := plain()
	t.Cleanup(fallback.CloseIdleConnections)
	return ask(t, direct(t), method, b.url+"/raw"), ask(t, fallback, method, b.url+"/raw")
}

func TestAnswersAreReadAsByHTTPTransport(t *testing.T) {
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			here, there := readBoth(t, a.method, a.raw)
			if a.strict {
				if here.err == nil || there.err != nil {
					t.Fatalf("%v here, %v there: want it refused here alone", here.err, there.err)
				}
				return
			}
			if (here.err == nil) != (there.err == nil) {
				t.Fatalf("%v here, %v there", here.err, there.err)
			}
			if here.err == nil {
				if d := differences(here, there); d != nil {
					t.Error(strings.Join(d, "\n"))
				}
			}
		})
	}
}

// After whatever answer, the next request gets its own: on the same connection
// where that is safe, and on a new one where it is not (response smuggling,
// RFC 9112 section 11.2).
func TestTheNextRequestGetsItsOwnAnswer(t *testing.T) {
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			whole, _ := readBoth(t, a.method, a.raw)
			delimited := whole.err == nil && !strings.HasPrefix(a.name, "until")
			b := saying(t, a.raw, !delimited)
			rt := direct(t)
			if got := ask(t, rt, a.method, b.url+"/raw"); (got.err == nil) != (whole.err == nil) {
				t.Fatalf("first %v, then %v", whole.err, got.err)
			}
			mustOwn(t, rt, b, "/next")
			want := int32(2)
			if whole.err == nil && !a.last {
				want = 1
			}
			if got := b.conns.Load(); got != want {
				t.Errorf("%d connections, want %d", got, want)
			}
		})
	}
}

// What is read here is read so by http.Transport, or is refused; and the next
// request gets its own answer, whatever the first one was.
func FuzzAnswer(f *testing.F) {
	methods := []string{"GET", "HEAD", "OPTIONS"}
	for _, a := range answers {
		if len(a.raw) > 1<<10 {
			continue // takes long to make small
		}
		f.Add(uint8(slices.Index(methods, a.method)), a.raw)
	}
	f.Fuzz(func(t *testing.T, m uint8, raw string) {
		method := methods[int(m)%len(methods)]
		here, there := readBoth(t, method, raw)
		if here.err != nil || here.StatusCode == http.StatusSwitchingProtocols {
			return
		}
		if there.err != nil {
			t.Fatalf("read here, and there %v", there.err)
		}
		if d := differences(here, there); d != nil {
			t.Fatal(strings.Join(d, "\n"))
		}
		b := saying(t, raw, here.Close)
		rt := direct(t)
		if got := ask(t, rt, method, b.url+"/raw"); got.err != nil {
			t.Fatalf("the connection stays open: %v", got.err)
		}
		mustOwn(t, rt, b, "/next")
	})
}

// A trailer is there once the body was read, and what was announced is known
// before.
func TestTrailersComeAfterTheBody(t *testing.T) {
	b := saying(t, ok+"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", false)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/raw", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := direct(t).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if names := slices.Collect(maps.Keys(res.Trailer)); len(names) != 1 || res.Trailer.Get("X-Sum") != "" {
		t.Errorf("before the body: %v", res.Trailer)
	}
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if got := res.Trailer.Get("X-Sum"); got != "1" {
		t.Errorf("after the body: %v", res.Trailer)
	}
}
