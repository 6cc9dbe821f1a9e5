package dsn

import (
	"bytes"
	"slices"
)

// sendmail reads the sections of sendmail. In a session the receiver's words have
// "<<<" before them and follow the command they answer; what sendmail says is
// "550 5.1.1 <a@example.com>... User unknown".
func sendmail(body [][]byte) []failure {
	var fs []failure
	section := byte(0)
	var last []byte    // recipient of the last RCPT
	var general []byte // what is said of no recipient
	said := map[string][]byte{}
	for _, line := range body {
		t := bytes.TrimSpace(line)
		if bytes.HasPrefix(t, []byte("-----")) {
			switch {
			case bytes.Contains(t, []byte("The following address")):
				section = 'a'
			case bytes.Contains(t, []byte("Transcript of session follows")):
				section = 't'
			default:
				section = 0
			}
			continue
		}
		switch {
		case section == 'a' && len(t) > 0:
			if a := leadingAddress(t); a != nil && line[0] != ' ' && line[0] != '\t' && len(fs) < maxRecipients {
				fs = append(fs, failure{address: a})
			} else if n := len(fs); n > 0 && bytes.HasPrefix(t, []byte("(reason: ")) {
				fs[n-1].reason = bytes.TrimSuffix(t[len("(reason: "):], []byte(")"))
			}
		case section == 't':
			if rest, ok := bytes.CutPrefix(t, []byte(">>> ")); ok {
				if len(rest) > 8 && is(rest[:8], "rcpt to:") {
					last = leadingAddress(bytes.TrimSpace(rest[8:]))
				} else {
					last = nil
				}
			} else if rest, ok := bytes.CutPrefix(t, []byte("<<< ")); ok {
				key := string(last)
				if len(said) < maxRecipients && len(said[key]) < 4096 {
					said[key] = append(append(said[key], ' '), rest...)
				}
			} else if a, ok := transcriptLine(t); ok && len(fs) < maxRecipients && !has(fs, a) {
				fs = append(fs, failure{address: a, reason: t, own: true})
			} else if isCode(t) && t[0] != '2' && bytes.Contains(t, []byte("... ")) {
				general = t
			}
		}
	}
	if len(fs) == 0 && general != nil {
		fs = []failure{{reason: general, own: true}}
	}
	for i := range fs {
		for _, key := range [...]string{string(fs[i].address), ""} {
			if text := bytes.TrimSpace(said[key]); len(text) > 0 {
				fs[i].reason, fs[i].own = text, false
				break
			}
		}
	}
	return fs
}

// transcriptLine reads "550 <a@example.com>... User unknown".
func transcriptLine(t []byte) ([]byte, bool) {
	if !isCode(t) || len(t) < 8 {
		return nil, false
	}
	i := bytes.Index(t, []byte("... "))
	if i < 4 {
		return nil, false
	}
	words := bytes.Fields(t[4:i])
	if len(words) == 0 {
		return nil, false
	}
	a := address(words[len(words)-1])
	if bytes.IndexByte(a, '@') < 1 {
		return nil, false
	}
	return a, true
}

func has(fs []failure, a []byte) bool {
	for _, f := range fs {
		if bytes.EqualFold(f.address, a) {
			return true
		}
	}
	return false
}

// leadingAddress returns the address that a line begins with, "<a@example.com>" or
// a@example.com.
func leadingAddress(t []byte) []byte {
	if len(t) > 2 && t[0] == '<' {
		if i := bytes.IndexByte(t, '>'); i > 0 {
			t = t[1:i]
		} else {
			return nil
		}
	} else if i := bytes.IndexAny(t, " \t"); i >= 0 {
		t = t[:i]
	}
	t = bytes.Trim(t, "\":,;.")
	if bytes.IndexByte(t, '@') < 1 || bytes.IndexByte(t, '@') == len(t)-1 {
		return nil
	}
	return t
}

// paragraphs reads "<a@example.com>: text" up to the next empty line.
func paragraphs(body [][]byte) []failure {
	var fs []failure
	open := false
	for _, line := range body {
		t := bytes.TrimSpace(line)
		if len(t) == 0 {
			open = false
			continue
		}
		if line[0] == '<' {
			if end := bytes.Index(t, []byte(">:")); end > 1 && bytes.IndexByte(t[:end], '@') > 0 && len(fs) < maxRecipients {
				fs = append(fs, failure{address: address(t[:end+1]), reason: slices.Clip(bytes.TrimSpace(t[end+2:]))})
				open = true
				continue
			}
			// "<a@example.com> (expanded from <b@example.com>): text"
			if end := bytes.Index(t, []byte("): ")); end > 1 && bytes.Contains(t[:end], []byte("> (expanded from ")) && len(fs) < maxRecipients {
				fs = append(fs, failure{address: leadingAddress(t), reason: slices.Clip(t[end+3:])})
				open = true
				continue
			}
		}
		if n := len(fs); open {
			fs[n-1].reason = join(fs[n-1].reason, t)
		}
	}
	return fs
}

// listed reads addresses on lines of their own after a line that says that they
// failed, each with the text that follows. Exim indents the addresses, and the texts
// further; GMX and 1&1 have a line "Reason:" in between.
func listed(body [][]byte) []failure {
	var fs []failure
	list, plain := false, false
	for _, line := range body {
		t := bytes.TrimSpace(line)
		if len(t) == 0 {
			continue
		}
		indented := line[0] == ' ' || line[0] == '\t'
		if a := leadingAddress(t); list && a != nil && len(a) >= len(t)-4 {
			if len(fs) < maxRecipients {
				fs = append(fs, failure{address: a})
			}
			plain = !indented
			continue
		}
		switch {
		case bytes.HasSuffix(t, []byte("failed:")), bytes.HasSuffix(t, []byte("not yet been delivered is:")), bytes.HasSuffix(t, []byte("not yet been delivered are:")):
			list = true
		case !list, !indented && bytes.HasSuffix(t, []byte(":")):
		case !indented && !plain:
			list = false
		case len(fs) > 0:
			f := &fs[len(fs)-1]
			f.reason = join(f.reason, t)
		}
	}
	return fs
}

func dragonfly(body [][]byte) []failure {
	for i, line := range body {
		rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("There was an error delivering your mail to <"))
		if !ok {
			continue
		}
		end := bytes.IndexByte(rest, '>')
		if end < 0 {
			return nil
		}
		var reason []byte
		for _, line := range body[i+1:] {
			reason = join(reason, line)
		}
		return []failure{{address: rest[:end], reason: reason}}
	}
	return nil
}

func opensmtpd(body [][]byte) []failure {
	var fs []failure
	list := false
	for _, line := range body {
		t := bytes.TrimSpace(line)
		if bytes.HasSuffix(t, []byte("list of recipients:")) {
			list = true
			continue
		}
		if !list || len(line) == 0 || line[0] == ' ' {
			continue
		}
		if i := bytes.Index(t, []byte(": ")); i > 0 && leadingAddress(t[:i]) != nil && len(fs) < maxRecipients {
			fs = append(fs, failure{address: leadingAddress(t[:i]), reason: t[i+2:]})
		}
	}
	return fs
}
