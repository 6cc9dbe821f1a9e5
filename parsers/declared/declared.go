// Package declared makes log formats out of descriptions that users write: a YAML
// file says where the fields of an attempt stand in a line, and shows lines with what
// they mean. Those lines are tests, run whenever the file is loaded.
//
//	name: acme
//	title: Acme relay
//	regexp: '^(?P<time>\S+) (?P<queue_id>\w+) to=<(?P<recipient>[^>]*)> mx=(?P<mx>\S+) (?P<outcome>\w+): (?P<reply>.*)$'
//	outcomes: {defer: deferred, sent: delivered}
//	samples:
//	- line: '2026-03-03T10:18:23Z 7F001 to=<bob@example.net> mx=mx.example.net defer: 421 4.7.0 Too many connections'
//	  want: {time: 2026-03-03T10:18:23Z, recipient: bob@example.net, outcome: deferred}
//
// In place of regexp, csv names the columns of a table and json the paths in JSON
// documents. docs/adding-a-format.md tells all keys.
package declared

import (
	"regexp"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// source is the file as it is written.
type source struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`

	Regexp []string  `yaml:"regexp"`
	CSV    *csvPart  `yaml:"csv"`
	JSON   *jsonPart `yaml:"json"`
	Ignore []string  `yaml:"ignore"`

	Time     timePart          `yaml:"time"`
	Outcomes map[string]string `yaml:"outcomes"`
	ESP      bool              `yaml:"esp"`

	Samples []sample       `yaml:"samples"`
	At      strictyaml.Pos `yaml:"-"`
}

// csvPart describes a table.
type csvPart struct {
	Separator string         `yaml:"separator"`
	Header    []string       `yaml:"header"` // of a table without one
	Columns   names          `yaml:"columns"`
	At        strictyaml.Pos `yaml:"-"`
}

// jsonPart describes JSON documents.
type jsonPart struct {
	Pages  []string       `yaml:"pages"` // keys under which documents stand in a list
	Fields names          `yaml:"fields"`
	At     strictyaml.Pos `yaml:"-"`
}

type timePart struct {
	Layout []string       `yaml:"layout"`
	Zone   string         `yaml:"zone"`
	At     strictyaml.Pos `yaml:"-"`
}

type sample struct {
	Line string         `yaml:"line"`
	Want names          `yaml:"want"`
	At   strictyaml.Pos `yaml:"-"`
}

// Load makes a format from the text of a file. All mistakes come back, each with its
// file, line and column (*strictyaml.Error); then the format is not to be used.
func Load(file string, src []byte) (parsers.Format, []error) {
	var s source
	if errs := strictyaml.Decode(file, src, &s); len(errs) > 0 {
		return parsers.Format{}, errs
	}
	if s.At.File == "" { // nothing in it
		s.At = strictyaml.Pos{File: file, Line: 1, Column: 1}
	}
	f, errs := s.compile()
	if len(errs) == 0 {
		errs = s.test(f)
	}
	if len(errs) > 0 {
		return parsers.Format{}, errs
	}
	title := s.Title
	if title == "" {
		title = "declared in " + file
	}
	return parsers.Format{
		Name: s.Name, Title: title, Carries: f.carries(),
		Score:    f.score,
		New:      func(o parsers.Options) parsers.Decoder { return f.decoder(o) },
		Yearless: func([][]byte) bool { return f.times.yearless },
		Zoneless: func([][]byte) bool { return f.times.zoneless && f.times.zone == nil },
	}, nil
}

// format is a checked description.
type format struct {
	regexps  []compiled
	csv      *csvPart
	columns  []column
	json     *tree
	pages    []string
	ignore   []*regexp.Regexp
	outcomes map[string]mail.Outcome
	times    times
	esp      bool
	has      [numFields]bool
}

// compiled is an expression with the field of each of its groups, -1 for none.
type compiled struct {
	re     *regexp.Regexp
	fields []int
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (s *source) compile() (*format, []error) {
	var errs []error
	bad := func(at strictyaml.Pos, text string, args ...any) { errs = append(errs, at.Errorf(text, args...)) }
	f := &format{esp: s.ESP, outcomes: map[string]mail.Outcome{}}
	if !validName.MatchString(s.Name) {
		bad(s.At.Key("name"), "name: want a word of lower-case letters, digits and hyphens, have %q", s.Name)
	}
	kinds := 0
	for _, there := range []bool{len(s.Regexp) > 0, s.CSV != nil, s.JSON != nil} {
		if there {
			kinds++
		}
	}
	if kinds != 1 {
		bad(s.At, "want one of regexp, csv and json, have %d of them", kinds)
	}
	for i, text := range s.Regexp {
		c, err := compile(text)
		if err != "" {
			bad(s.At.Key("regexp", i), "regexp: %s", err)
			continue
		}
		for _, field := range c.fields {
			if field >= 0 {
				f.has[field] = true
			}
		}
		f.regexps = append(f.regexps, c)
	}
	if s.CSV != nil {
		errs = append(errs, f.table(s.CSV)...)
	}
	if s.JSON != nil {
		errs = append(errs, f.document(s.JSON)...)
	}
	for i, text := range s.Ignore {
		re, err := regexp.Compile(text)
		if err != nil {
			bad(s.At.Key("ignore", i), "ignore: %v", err)
			continue
		}
		f.ignore = append(f.ignore, re)
	}
	for word, name := range s.Outcomes {
		o, ok := outcomes[name]
		if !ok {
			bad(s.At.Key("outcomes"), "outcomes: %s: unknown outcome %q%s", word, name, strictyaml.DidYouMean(name, outcomeNames()))
			continue
		}
		f.outcomes[strings.ToLower(word)] = o
	}
	if kinds == 1 && len(errs) == 0 && !f.has[fieldOutcome] && !f.has[fieldReply] && !f.has[fieldCode] {
		bad(s.At, "nothing tells the outcome: want a field outcome, reply or code")
	}
	errs = append(errs, s.zone(f)...)
	return f, errs
}

// compile compiles an expression whose named groups are fields.
func compile(text string) (c compiled, wrong string) {
	re, err := regexp.Compile(text)
	if err != nil {
		return c, err.Error()
	}
	c.re = re
	named := false
	for _, group := range re.SubexpNames() {
		field := -1
		if group != "" {
			if field = fieldOf(group); field < 0 {
				return c, "unknown field " + quote(group) + strictyaml.DidYouMean(group, fieldNames[:])
			}
			named = true
		}
		c.fields = append(c.fields, field)
	}
	if !named {
		return c, "no named group, such as (?P<reply>.*)"
	}
	return c, ""
}

func (s *source) zone(f *format) []error {
	f.times.layouts = s.Time.Layout
	if s.Time.Zone == "" {
		return nil
	}
	loc, err := time.LoadLocation(s.Time.Zone)
	if t, wrong := time.Parse("-07:00", s.Time.Zone); wrong == nil {
		loc, err = t.Location(), nil
	}
	if err != nil {
		return []error{s.Time.At.Key("zone").Errorf("zone: want a name such as Europe/Paris or an offset such as +01:00, have %q", s.Time.Zone)}
	}
	f.times.zone = loc
	return nil
}

// carries says what the declared fields tell.
func (f *format) carries() parsers.Carries {
	answer := func(fields ...int) (a parsers.Answer) {
		for _, field := range fields {
			if f.has[field] {
				a.Level = parsers.Yes
			}
		}
		return a
	}
	c := parsers.Carries{
		Time: answer(fieldTime), SendingIP: answer(fieldSendingIP), MX: answer(fieldMX), MXIP: answer(fieldMXIP), MessageID: answer(fieldMessageID),
		Sender: answer(fieldSender), Recipient: answer(fieldRecipient), QueueID: answer(fieldQueueID, fieldMessageID),
		Retries: answer(fieldQueueID, fieldMessageID), Reply: answer(fieldReply, fieldCode),
	}
	if f.has[fieldTime] && (!f.times.zoneless || f.times.zone != nil) {
		c.Zone.Level = parsers.Yes
	}
	if f.times.precise {
		c.SubSecond.Level = parsers.Yes
	}
	for _, o := range f.outcomes {
		if o == mail.Expired {
			c.Expiry.Level = parsers.Yes
		}
	}
	return c
}

// score counts the lines that tell an attempt.
func (f *format) score(lines [][]byte) (n int) {
	d := f.decoder(parsers.Options{})
	for _, line := range lines {
		if d.Decode(line, func(*mail.Event) {}) == mail.Understood {
			n++
		}
	}
	return n
}
