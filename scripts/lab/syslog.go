package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// syslog takes what programs log and writes it as rsyslog's default file format does:
// the time of arrival with microseconds, the host, the text (RSYSLOG_FileFormat).
type syslog struct {
	conn *net.UnixConn
	file *os.File
	done chan error
}

func listenSyslog(path string) (*syslog, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "/dev/log", Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("cannot listen as syslog daemon: %w", err)
	}
	file, err := os.Create(path)
	if err = errors.Join(err, os.Chmod("/dev/log", 0o666), conn.SetReadBuffer(8<<20)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s := &syslog{conn, file, make(chan error, 1)}
	go func() { s.done <- s.collect() }()
	return s, nil
}

// collect ends when the socket is closed.
func (s *syslog) collect() error {
	packet := make([]byte, 64<<10)
	for {
		n, _, err := s.conn.ReadFrom(packet)
		if err != nil {
			return nil
		}
		line := append(time.Now().UTC().AppendFormat(nil, "2006-01-02T15:04:05.000000-07:00"), " "+hostName+" "...)
		line = append(append(line, message(packet[:n])...), '\n')
		if _, err := s.file.Write(line); err != nil {
			return err
		}
	}
}

// message is what follows priority and time in "<22>Nov 22 03:02:57 text", as syslog(3)
// sends it.
func message(packet []byte) []byte {
	if _, rest, ok := bytes.Cut(packet, []byte(">")); ok && len(rest) > len(time.Stamp) {
		packet = rest[len(time.Stamp)+1:]
	}
	return bytes.TrimRight(packet, "\n\x00")
}

func (s *syslog) close() error { return errors.Join(s.conn.Close(), <-s.done, s.file.Close()) }
