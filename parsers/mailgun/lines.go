package mailgun

import (
	"bytes"
	"net/url"

	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// lines reads what is no JSON: the body of an older webhook (form-encoded), and CSV.
// Its state is the header of the CSV, and a record that goes on.
type lines struct {
	records csvrow.Reader
	header  []byte // nil before there was one
	columns []name
	marks   int // columns that only Mailgun has
}

func (l *lines) read(r *esp.Reading, line []byte) (mail.Verdict, bool) {
	csv := l.header != nil
	if csv && l.records.Open() {
		return l.record(r, line), true
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return mail.Irrelevant, csv
	case text[0] == '{' || text[0] == '[':
		return 0, false
	case csv && bytes.Equal(text, l.header), l.begins(text):
		return mail.Irrelevant, true
	case csv:
		return l.record(r, line), true
	}
	v := form(r, text)
	return v, v != mail.NotUnderstood
}

// begins reads the header of a CSV export, or of one appended to another. It has to
// name at least the event, and its time or its recipient; or it is the header of a
// list of bounces: address,code,error,created_at (api-suppressions.rst).
func (l *lines) begins(text []byte) bool {
	comma := byte(',')
	for _, c := range [...]byte{'\t', ';'} {
		if bytes.Count(text, []byte{c}) > bytes.Count(text, []byte{comma}) {
			comma = c
		}
	}
	first, _, more := bytes.Cut(text, []byte{comma})
	if n, _ := column(bytes.Trim(first, `"`)); !more || l.header != nil && n == nNone {
		return false // most lines end here
	}
	reader := csvrow.Reader{Comma: comma}
	cells, state := reader.Add(text)
	if state != csvrow.Complete {
		return false
	}
	columns := make([]name, len(cells))
	var have [nMark + 1]int // the column's number from 1
	var weak [nMark + 1]bool
	marks := 0
	for i, cell := range cells {
		n, w := column(cell)
		switch {
		case n == nNone:
			if len(cell) > 0 && (cell[0]-'0' <= 9 || bytes.IndexByte(cell, '@') > 0) {
				return false // a record
			}
			continue
		case marked(n, cell):
			marks++
		}
		if n == nMark || have[n] > 0 && (w || !weak[n]) {
			continue // there is one already, and this one is no better
		}
		if have[n] > 0 {
			columns[have[n]-1] = nNone
		}
		columns[i], have[n], weak[n] = n, i+1, w
	}
	isEvents := have[nEvent] > 0 && have[nTime]+have[nRecipient] > 0
	isList := have[nAddress] > 0 && have[nTime] > 0 && have[nCode] > 0 && have[nMessage] > 0
	if !isEvents && !isList {
		return false
	}
	l.records, l.header, l.columns, l.marks = reader, bytes.Clone(text), columns, marks
	return true
}

// record reads a line of a record, and its event at the last one.
func (l *lines) record(r *esp.Reading, line []byte) mail.Verdict {
	cells, state := l.records.Add(line)
	switch {
	case state == csvrow.Continues:
		return mail.Understood
	case state == csvrow.Broken, len(cells) < len(l.columns)/2, len(cells) > len(l.columns)+1:
		return mail.NotUnderstood
	}
	f := fields{marks: l.marks}
	for i, cell := range cells[:min(len(cells), len(l.columns))] {
		f.set(l.columns[i], bytes.TrimSpace(cell))
	}
	f.translate()
	return f.tell(r)
}

// translate gives events of a table that other exports and hand-made ones name otherwise
// the names of Mailgun's.
func (f *fields) translate() {
	if len(f.message) == 0 && esp.Spoken(f.reason) != nil {
		f.message, f.reason = f.reason, nil
	}
	switch string(bytes.ToLower(f.event)) {
	case "deferred", "deferral", "delayed", "delay", "transient", "soft_bounce", "softbounce", "soft bounce", "soft-bounce":
		f.event, f.severity = []byte("failed"), temporary
	case "bounce", "hard_bounce", "hardbounce", "hard bounce", "hard-bounce", "blocked", "undelivered":
		f.event, f.severity = []byte("failed"), []byte("permanent")
	case "sent", "delivery":
		f.event = []byte("delivered")
	case "processed", "queued":
		f.event = []byte("accepted")
	case "open", "click", "unsubscribe", "spamreport", "complaint":
		f.event = []byte("opened")
	}
}

// form reads the body of an older webhook (user_manual.rst, "Tracking"):
// event=delivered&recipient=a%40example.com&timestamp=1461261330&...
func form(r *esp.Reading, text []byte) mail.Verdict {
	if !bytes.Contains(text, []byte("event=")) || bytes.IndexByte(text, '&') < 0 || bytes.IndexByte(text, ' ') >= 0 {
		return mail.NotUnderstood
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return mail.NotUnderstood
	}
	get := func(key string) []byte { return []byte(values.Get(key)) }
	f := fields{
		event: get("event"), recipient: get("recipient"), time: get("timestamp"), messageID: get("Message-Id"),
		code: get("code"), message: get("error"), description: get("description"), reason: get("reason"),
		legacy: values.Has("token") || values.Has("signature") || values.Has("X-Mailgun-Sid") || values.Has("message-headers"),
	}
	return f.tell(r)
}
