package rest

import (
	"net"
	"syscall"
	"testing"
)

func TestReadAcknowledgesAtOnce(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := quickDial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	quick, ok := conn.(*quickAckConn)
	if !ok {
		t.Fatalf("connection is a %T", conn)
	}
	option := func(change func(fd int) error) {
		t.Helper()
		var failed error
		if err := quick.raw.Control(func(fd uintptr) { failed = change(int(fd)) }); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	}
	option(func(fd int) error { return syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 0) })
	if _, err := server.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	var on int
	option(func(fd int) (err error) {
		on, err = syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK)
		return err
	})
	if on == 0 {
		t.Error("acknowledgements are delayed after a read")
	}
}
