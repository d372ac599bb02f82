package rest

import (
	"net"
	"syscall"
)

// quickAck makes a connection acknowledge what it receives at once. MLflow under
// uvicorn with several workers sends the head and the body of an answer as two
// segments and has Nagle's algorithm hold back the second until the first is
// acknowledged, which Linux delays by 40 ms.
func quickAck(conn net.Conn) net.Conn {
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return &quickAckConn{conn, raw}
}

type quickAckConn struct {
	net.Conn
	raw syscall.RawConn
}

// Read sets the option each time, for the kernel drops it as it sees fit. That
// the option could not be set costs time only, so the errors do not matter.
func (c *quickAckConn) Read(p []byte) (int, error) {
	_ = c.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return c.Conn.Read(p)
}
