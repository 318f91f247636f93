//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A slowReader asks for the long collection and stops reading after the answer's
// beginning, so that its end is still at the back end.
type slowReader struct {
	protocol string
	conn     net.Conn
	res      *http.Response
	read     int64
}

// readSlowly asks by this version of HTTP. Under 1.0 there are no chunks: an
// answer without a length ends where the connection does (RFC 9112 section 6.3),
// which is how proxies ask that were not told to speak 1.1.
func (g *gateway) readSlowly(t *testing.T, protocol, token string) *slowReader {
	t.Helper()
	conn := must[net.Conn](t)(net.Dial("tcp", strings.TrimPrefix(g.root, "http://")))
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	if _, err := fmt.Fprintf(conn, "GET /geoapi/collections/long/items?f=json&limit=%d %s\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
		longFeatures, protocol, strings.TrimPrefix(g.root, "http://"), token); err != nil {
		t.Fatal(err)
	}
	res := must[*http.Response](t)(http.ReadResponse(bufio.NewReader(conn), nil)) //nolint:bodyclose // its end is what is looked at; the connection is closed
	r := &slowReader{protocol: protocol, conn: conn, res: res}
	r.read = must[int64](t)(io.CopyN(io.Discard, res.Body, 100))
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: the long collection is %s; see %s", protocol, res.Status, g.log)
	}
	return r
}

// isCut reads on to the end, which must not look like one.
func (r *slowReader) isCut(t *testing.T) {
	t.Helper()
	n, err := io.Copy(io.Discard, r.res.Body)
	switch all := r.read + n; {
	case all >= longFeatures*longFeature:
		t.Errorf("%s: the answer was whole, and not cut in its middle: %d bytes", r.protocol, all)
	case err == nil:
		t.Errorf("%s: after %d bytes of more than %d the answer looks whole (length %d, %v)", r.protocol, all, longFeatures*longFeature, r.res.ContentLength, r.res.TransferEncoding)
	default:
		t.Logf("%s: after %d bytes: %v", r.protocol, all, err)
	}
}

// isWhole reads on to the end, which must be one.
func (r *slowReader) isWhole(t *testing.T) {
	t.Helper()
	if n, err := io.Copy(io.Discard, r.res.Body); err != nil || r.read+n < longFeatures*longFeature {
		t.Errorf("%s: %d bytes: %v", r.protocol, r.read+n, err)
	}
	_ = r.conn.Close()
}
