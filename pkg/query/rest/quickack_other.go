//go:build !linux

package rest

import "net"

// quickAck returns the connection as it is: only Linux has the option.
func quickAck(conn net.Conn) net.Conn { return conn }
