package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/smtp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// letter is one message to inject.
type letter struct {
	at       time.Duration
	from, to string
	number   int
}

// defaultSender sends where a flow names nobody.
const defaultSender = "newsletter@sender.example"

// inject hands the plan to the MTA at its pace and returns how many messages were taken.
func inject(ctx context.Context, plan []flow) (int, error) {
	var (
		all     sync.WaitGroup
		taken   atomic.Int64
		mu      sync.Mutex
		problem error
	)
	began, number := time.Now(), 100_000
	deliver := func(s *submission, l letter) {
		err := s.send(ctx, l)
		if err == nil {
			taken.Add(1)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if problem == nil {
			problem = fmt.Errorf("cannot inject message %d: %w", l.number, err)
		}
	}
	for _, f := range plan {
		letters := make(chan letter)
		first := number
		number += f.Count
		all.Go(func() {
			defer close(letters)
			for i := range f.Count {
				l := letter{at: f.Start + f.Over*time.Duration(i)/time.Duration(f.Count), from: f.From, number: first + i}
				l.to = fmt.Sprintf("test-%d@%s", l.number, f.To)
				if l.from == "" {
					l.from = defaultSender
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Until(began.Add(l.at))):
				}
				select {
				case <-ctx.Done():
					return
				case letters <- l:
				}
			}
		})
		for range f.Sessions {
			all.Go(func() {
				var s submission
				defer s.close()
				for l := range letters {
					deliver(&s, l)
				}
			})
		}
		if f.Sessions == 0 {
			all.Go(func() {
				for l := range letters {
					all.Go(func() {
						var s submission
						defer s.close()
						deliver(&s, l)
					})
				}
			})
		}
	}
	all.Wait()
	return int(taken.Load()), errors.Join(problem, ctx.Err())
}

// submission is a connection to the MTA, opened when it is needed.
type submission struct{ client *smtp.Client }

// tries is how often a message is offered: the MTA may be short of processes.
const tries = 20

func (s *submission) send(ctx context.Context, l letter) error {
	var err error
	for range tries {
		if err = s.try(l); err == nil {
			return nil
		}
		s.close()
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
	return err
}

func (s *submission) try(l letter) error {
	if s.client == nil {
		c, err := smtp.Dial("127.0.0.1:25")
		if err != nil {
			return err
		}
		s.client = c
	}
	c := s.client
	if err := c.Mail(l.from); err != nil {
		return err
	}
	if err := c.Rcpt(l.to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(l.from, "@")
	_, err = fmt.Fprintf(w, "From: <%s>\r\nTo: <%s>\r\nSubject: letter %d\r\nDate: %s\r\nMessage-ID: <%d.%d@%s>\r\n\r\n%s", l.from, l.to, l.number,
		time.Now().Format(time.RFC1123Z), time.Now().UnixNano(), l.number, domain, strings.Repeat("All work and no play makes a dull letter.\r\n", 50+rand.IntN(200)))
	return errors.Join(err, w.Close())
}

func (s *submission) close() {
	if s.client != nil {
		_ = s.client.Quit()
		_ = s.client.Close()
		s.client = nil
	}
}
