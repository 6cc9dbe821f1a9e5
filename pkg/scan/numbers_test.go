package scan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/selfcheck"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// A line with a number that no log has spoils no output: JSON has no year 10000 and none
// before 0, and the rest of the log is reported as it is. A note says that it was there.
func TestNumbersThatNoLogHas(t *testing.T) {
	const stamp, delays = "2026-05-20T09:00:01+00:00", "0.1/0/0.2/0.2"
	f := func(stamp, delays, note string) {
		t.Helper()
		var l logbook
		l.try(0, "postfix", "4A1B00", "a@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
		fmt.Fprintf(&l, "%s mail01 postfix/smtp[77]: 4A1B00: to=<a@hotmail.com>, relay=%s:25, delay=1, delays=%s, dsn=2.0.0, status=sent (250 2.0.0 OK)\n", stamp, hotmail, delays)
		path := filepath.Join(t.TempDir(), "mail.log")
		write(t, path, l.Bytes())
		rep := run(t, scan.Config{}, path)
		if err := report.WriteJSON(io.Discard, rep, true); err != nil {
			t.Errorf("report: %v", err)
		}
		if c := group(t, rep, "microsoft-consumer").Counts; c.Delivered != 1 || c.Deferred != 1 {
			t.Errorf("%+v", c)
		}
		if notes := strings.Join(rep.Input.Notes, "\n"); !strings.Contains(notes, note) || note == "" && notes != "" {
			t.Errorf("notes %q, want %q", notes, note)
		}
		if problems := selfcheck.Check(rep); len(problems) > 0 {
			t.Errorf("%v", problems)
		}

		set, err := builtin()
		if err != nil {
			t.Fatal(err)
		}
		c := scan.Config{Rules: set, Inputs: []source.Input{{Path: path}}}
		var stored bytes.Buffer
		if _, err := scan.Snapshot(context.Background(), c, nil, &stored); err != nil {
			t.Fatal(err)
		}
		snap := filepath.Join(t.TempDir(), "mail.snap")
		write(t, snap, stored.Bytes())
		if got := run(t, scan.Config{}, snap).Input.Notes; !slices.Equal(got, rep.Input.Notes) {
			t.Errorf("notes of a snapshot %q, want %q", got, rep.Input.Notes)
		}
		if _, err := scan.Parse(context.Background(), c, "", "", func(r *scan.Row) error {
			_, err := json.Marshal(r)
			return err
		}); err != nil {
			t.Errorf("rows: %v", err)
		}
		if _, err := scan.Messages(context.Background(), c, "", "", func(r *scan.MessageRow) error {
			_, err := json.Marshal(r)
			return err
		}); err != nil {
			t.Errorf("rows of messages: %v", err)
		}
	}
	const noTime, cut = "1 lines count as without a time", "delays are cut"
	f(stamp, delays, "")
	f("9998-12-31T23:59:59+00:00", delays, "")
	f("9999-12-31T23:30:00-01:00", delays, noTime)
	f("9999-01-01T00:00:00+00:00", delays, noTime)
	f("1969-12-31T23:59:59+00:00", delays, noTime)
	f("0000-01-01T00:30:00+01:00", delays, noTime)
	f(stamp, "31622400/0/0/86400", "")
	f(stamp, "0.1/0/0/99999999999", cut)
	f(stamp, "99999999999/0/0/0.2", cut)
	f(stamp, "99999999999/99999999999/99999999999/99999999999", cut)
}
