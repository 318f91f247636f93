package listen

import (
	"errors"
	"io"
	"net"
	"testing"
)

// An answer that is given before the request was read is at its end when it
// ends, and not half a second later when net/http closes the connection.
func TestTheEndOfAnAnswerIsSentAlone(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var server net.Conn = &connection{Conn: accepted, release: func() {}}
	defer func() { _ = server.Close() }()
	if err := server.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("no end: %v", err)
	}
	if _, err := client.Write([]byte("a")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		t.Errorf("what the client still sends is not read: %v", err)
	}
	_, there := net.Pipe()
	if err := (&connection{Conn: there}).CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("half of a pipe was closed: %v", err)
	}
}
