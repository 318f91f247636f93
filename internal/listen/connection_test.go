package listen

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// accepted is both ends of a connection, the server's as net/http has it.
func accepted(t *testing.T) (client, server net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if client, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	there, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server = &connection{Conn: there, release: func() {}}
	t.Cleanup(func() { _ = server.Close() })
	return client, server
}

// An answer that is given before the request was read is at its end when it
// ends, and not half a second later when net/http closes the connection.
func TestTheEndOfAnAnswerIsSentAlone(t *testing.T) {
	client, server := accepted(t)
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

// An answer that is cut can end in a reset, and then does not look whole.
func TestAConnectionCanEndInAReset(t *testing.T) {
	client, server := accepted(t)
	if err := server.(interface{ SetLinger(int) error }).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("no reset: %v", err)
	}
	_, there := net.Pipe()
	if err := (&connection{Conn: there}).SetLinger(0); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a pipe was reset: %v", err)
	}
}
