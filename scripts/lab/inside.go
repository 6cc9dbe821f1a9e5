package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

// mta is a mail server under test.
type mta interface {
	// configure writes its files, start starts it and returns when it takes mail.
	configure() error
	start() error
	// change does what the operator does while mail flows.
	change(*change) error
	// apply applies a policy as it is printed.
	apply(*sheet) error
	// queued is how many messages it still has.
	queued() (int, error)
	stop() error
	// files are the log, then what else is worth keeping.
	files() (log string, more []string)
}

const truthFile = "truth.json"

// inside does the run: receivers, MTA, mail, and then the results.
func inside(ctx context.Context, file string) error {
	j, err := readJob(file)
	if err != nil {
		return err
	}
	s, err := loadScenario(j.Scenario)
	if err != nil {
		return err
	}
	world, stop, err := serve(s.as(j))
	if err != nil {
		return err
	}
	var m mta = &postfix{job: j, scenario: s}
	if j.MTA == mtaExim {
		m = &exim{job: j, scenario: s}
	}
	if err := errors.Join(os.Setenv("PATH", j.path("bin")+":"+os.Getenv("PATH")), m.configure()); err != nil {
		return fmt.Errorf("cannot configure %s: %w", j.MTA, err)
	}
	if err := m.start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", j.MTA, err)
	}
	plan, err := deeds(j, s, m)
	if err != nil {
		return err
	}
	began := time.Now()
	stopWatch := watchLateness()
	sum, err := send(ctx, j, s, m, plan)
	late := stopWatch()
	logged := world.Truth()
	if sum.drained == 0 {
		time.Sleep(reporting)
	}
	err = errors.Join(err, m.stop())
	time.Sleep(time.Second) // sessions end
	truth := world.Truth()
	sum.add(&truth.Summary)
	truth.Summary.Scenario, truth.Summary.MTA, truth.Summary.Cause = j.Scenario, j.MTA, s.Cause
	truth.Summary.UnderWay = truth.Summary.Handled() - logged.Summary.Handled()
	truth.Summary.Policy, truth.Summary.LateMS = j.Policy != "", float64(late.Microseconds())/1000
	// First the log: what is still under way finds no receiver when they are gone.
	return errors.Join(err, keep(j.Out, m, &truth, began), stop())
}

func serve(s *scenario) (w *sink.World, stop func() error, err error) {
	setting, err := s.setting()
	if err != nil {
		return nil, nil, err
	}
	if w, err = sink.New(setting); err != nil {
		return nil, nil, err
	}
	stopDNS, err := w.ServeDNS(net.JoinHostPort(nameServer, "53"))
	if err != nil {
		return nil, nil, err
	}
	stopSMTP, err := w.Serve()
	if err != nil {
		return nil, nil, err
	}
	return w, func() error { return errors.Join(stopDNS(), stopSMTP()) }, nil
}

// reporting is the time that an MTA has to log what a receiver answered. What is answered
// later, while it is stopped, may not be in the log.
const reporting = time.Second

// watchLateness measures how much too late a sleeper wakes up, on average: how long
// programs here wait for a processor. Where it is as long as the receivers take to answer,
// the run shows the machine and not the MTA.
func watchLateness() (stop func() time.Duration) {
	const nap = 20 * time.Millisecond
	end, mean := make(chan struct{}), make(chan time.Duration)
	go func() {
		var sum time.Duration
		for n := time.Duration(0); ; {
			start := time.Now()
			select {
			case <-end:
				mean <- sum / max(n, 1)
				return
			case <-time.After(nap):
				sum, n = sum+time.Since(start)-nap, n+1
			}
		}
	}()
	return func() time.Duration { close(end); return <-mean }
}

// end is how a run ended.
type end struct {
	messages int
	elapsed  time.Duration
	drained  time.Duration // 0: never
	left     int
}

func (e *end) add(s *sink.Summary) {
	s.Messages, s.ElapsedS, s.QueueLeft = e.messages, e.elapsed.Round(time.Millisecond).Seconds(), e.left
	if e.drained > 0 {
		d := e.drained.Round(time.Millisecond).Seconds()
		s.DrainedS = &d
	}
}

// deed is what the operator does while mail flows.
type deed struct {
	after time.Duration
	do    func() error
}

// deeds are the scenario's change and the policy; the policy is applied here and now
// where it comes before the first message.
func deeds(j *job, s *scenario, m mta) ([]deed, error) {
	var list []deed
	if s.Change != nil {
		list = append(list, deed{s.Change.After, func() error { return m.change(s.Change) }})
	}
	if j.Policy == "" {
		return list, nil
	}
	p, err := readSheet(j.Policy)
	if err != nil {
		return nil, err
	}
	apply := func() error {
		if err := m.apply(p); err != nil {
			return fmt.Errorf("cannot apply %s: %w", j.Policy, err)
		}
		return nil
	}
	if j.At > 0 {
		return append(list, deed{j.At, apply}), nil
	}
	return list, apply()
}

// send injects the plan and waits until the queue is empty or the time is over.
func send(ctx context.Context, j *job, s *scenario, m mta, plan []deed) (*end, error) {
	ctx, cancel := context.WithTimeout(ctx, j.For)
	defer cancel()
	began, e := time.Now(), &end{}
	injected := make(chan error, 1)
	go func() {
		n, err := inject(ctx, s.Plan)
		e.messages = n
		injected <- err
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	done := false
	for {
		select {
		case err := <-injected:
			if err != nil {
				return e, err
			}
			done = true
		case <-ctx.Done():
			if !done {
				if err := <-injected; err != nil && !errors.Is(err, context.DeadlineExceeded) {
					return e, err
				}
			}
			e.elapsed = time.Since(began)
			return e, nil
		case <-tick.C:
			for len(plan) > 0 && time.Since(began) >= plan[0].after {
				if err := plan[0].do(); err != nil {
					return e, err
				}
				plan = plan[1:]
			}
			n, err := m.queued()
			if err != nil {
				return e, err
			}
			e.left = n
			if done && n == 0 {
				e.elapsed = time.Since(began)
				e.drained = e.elapsed
				return e, nil
			}
		}
	}
}

// keep writes the results.
func keep(out string, m mta, t *sink.Truth, began time.Time) error {
	text, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	err = os.WriteFile(filepath.Join(out, truthFile), append(text, '\n'), 0o644)
	log, more := m.files()
	for _, place := range append(more, log) {
		err = errors.Join(err, copyFile(place, filepath.Join(out, filepath.Base(place)), 0o644))
	}
	table, e := os.Create(filepath.Join(out, "sessions.tsv"))
	if e != nil {
		return errors.Join(err, e)
	}
	w := csv.NewWriter(table)
	w.Comma = '\t'
	err = errors.Join(err, w.Write(sink.Columns()))
	for i := range t.Sessions {
		err = errors.Join(err, w.Write(t.Sessions[i].Row(began)))
	}
	w.Flush()
	return errors.Join(err, w.Error(), table.Close())
}

func copyFile(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(mode), out.Close())
}

// command runs a program and gives its output with the error.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(append([]string{name}, args...), " "), err, tail(string(out), 10))
	}
	return nil
}

// takesMail waits until the MTA answers.
func takesMail() error {
	var err error
	for range 100 {
		var c net.Conn
		if c, err = net.Dial("tcp", "127.0.0.1:25"); err == nil {
			return c.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// tail is the last n lines.
func tail(s string, n int) string {
	list := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(list[max(0, len(list)-n):], "\n")
}

// sentence is a summary in one line.
func sentence(s *sink.Summary) string {
	drained := fmt.Sprintf("%d left after %.0f s", s.QueueLeft, s.ElapsedS)
	if s.DrainedS != nil {
		drained = fmt.Sprintf("drained in %.0f s", *s.DrainedS)
	}
	return fmt.Sprintf("%d messages, %d accepted, refused %v, %d connections, peak %d, %s", s.Messages, s.Accepted, s.Refusals, s.Connections, s.PeakOpen, drained)
}
