package proxy

import (
	"net"
	"net/http"
)

// resetUnlessTold ends the connection of an answer that was cut in its middle, so
// that nobody takes it for whole. Chunks, and the streams of HTTP/2, tell that by
// themselves. Under HTTP/1.0, which proxies speak that were not told otherwise, an
// answer without a length is whole when the connection ends well (RFC 9112 section
// 6.3): it must not. Nor must TLS end well, as Close of a tls.Conn would have it.
func resetUnlessTold(w http.ResponseWriter, r *http.Request) {
	if r.ProtoAtLeast(1, 1) {
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // a writer in a test has no connection
	}
	if secured, is := conn.(interface{ NetConn() net.Conn }); is {
		conn = secured.NetConn()
	}
	if socket, can := conn.(interface{ SetLinger(sec int) error }); can {
		_ = socket.SetLinger(0) // what is not sent yet is not, and a reset is
	}
	_ = conn.Close()
}
