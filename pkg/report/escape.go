package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Log text is written by whoever connects to the server. This file and escape_ci.go
// are the one place that makes it harmless, per kind of output:
//
//	terminal, plain text   Visible; Readable where a reply is quoted word by word
//	Markdown               MarkdownText, MarkdownCode, MarkdownCell; mdCodeCell, mdFence
//	CSV                    CSVCell
//	HTML                   Visible, then html/template, which knows where a value stands
//	JSON, GitLab           MarshalASCII
//	JUnit                  Visible, then encoding/xml
//	mail                   Visible, then mime and quotedprintable (package ticket)
//	shell command          ShellWord
//	configuration of an MTA   Visible in comments; elsewhere only names that are domain
//	                       names (package policy)
//	SARIF, GitHub, Prometheus   SARIFText, GitHubMessage, GitHubProperty, PrometheusLabel

// maxVisible bounds one string in text output; the JSON has the rest.
const maxVisible = 2000

// Visible makes log text safe for a terminal and for plain ASCII files: printable
// ASCII stays as it is, and everything else (control characters of C0 and C1, ESC,
// line ends, bidi and zero-width marks, any non-ASCII character, invalid bytes)
// becomes a visible escape such as \x1b, \n or \u202e. The result is one line of
// bytes 0x20-0x7e. Text longer than 2,000 bytes is cut and ends in "...".
//
// CI systems take some printed text for commands: "##[error]" and "##vso[..]"
// anywhere in a line, "::error file=..::" at its beginning. They are escaped, too.
func Visible(s string) string {
	if firstUnsafe(s) == len(s) && len(s) <= maxVisible {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() > maxVisible-len(`\U0010ffff`)-3 {
			b.WriteString("...")
			break
		}
		c := s[i]
		if isPrintable(c) && !isCommand(s, i) {
			b.WriteByte(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		writeEscape(&b, c, r, n)
		i += n
	}
	return b.String()
}

func firstUnsafe(s string) int {
	for i := range len(s) {
		if !isPrintable(s[i]) || isCommand(s, i) {
			return i
		}
	}
	return len(s)
}

// isCommand says that the byte at i is the second one of "##", or of a "::" that a
// CI system could take for the beginning of a command. An IPv6 address is none, nor
// is the "::" in a name such as Mail::SPF (see Wrap).
func isCommand(s string, i int) bool {
	c := s[i]
	if c != '#' && c != ':' || i == 0 || s[i-1] != c {
		return false
	}
	if c == '#' {
		return true
	}
	if i > 1 && isWordByte(s[i-2]) {
		return false
	}
	for _, next := range []byte(s[i+1:]) {
		switch {
		case next >= 'a' && next <= 'f', next >= 'A' && next <= 'F':
		case next >= '0' && next <= '9', next == ':' && s[i+1] != ':':
			return false // an address
		default:
			return next >= 'g' && next <= 'z' || next >= 'G' && next <= 'Z' || next == '-' || next == ':'
		}
	}
	return false
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// Readable is Visible for text that must stay word by word what it was, such as a
// reply in a ticket: letters of any script stay, and nothing is cut. What does not
// print, invisible characters, line ends and commands to CI systems become escapes.
func Readable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsPrint(r) || r == utf8.RuneError && n == 1 || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
			unicode.Is(unicode.Variation_Selector, r) || isCommand(s, i) {
			writeEscape(&b, s[i], r, n)
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func isPrintable(c byte) bool { return c >= 0x20 && c < 0x7f }

// writeEscape writes byte c or, where it begins a valid sequence of n bytes, rune r.
func writeEscape(b *strings.Builder, c byte, r rune, n int) {
	const hex = "0123456789abcdef"
	switch {
	case c == '\n':
		b.WriteString(`\n`)
	case c == '\r':
		b.WriteString(`\r`)
	case c == '\t':
		b.WriteString(`\t`)
	case n == 1:
		b.WriteString(`\x`)
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	default:
		prefix, digits := `\u`, 4
		if r > 0xffff {
			prefix, digits = `\U`, 8
		}
		b.WriteString(prefix)
		for i := digits - 1; i >= 0; i-- {
			b.WriteByte(hex[r>>(4*i)&15])
		}
	}
}

// mdText is s as plain text of a Markdown paragraph or list item. What GitHub and
// GitLab would make a mention, reference or link of even then (they look for "@name",
// "#12" and addresses in the finished page) becomes code.
func mdText(s string) string {
	s = strings.TrimSpace(s)
	switch {
	case mdLinks(s):
		return mdCode(s)
	// A list, a line, a heading above it, or a command to GitLab ("/close").
	case s != "" && strings.IndexByte("-+=/", s[0]) >= 0:
		return `\` + mdEscape(s)
	}
	// "1. x" and "1) x" begin a list.
	if i := len(s) - len(strings.TrimLeft(s, "0123456789")); i > 0 && i < len(s) && (s[i] == '.' || s[i] == ')') && (i+1 == len(s) || s[i+1] == ' ') {
		return s[:i] + `\` + mdEscape(s[i:])
	}
	return mdEscape(s)
}

// mdCell is mdText for a table cell, where "|" ends a cell even inside code.
func mdCell(s string) string {
	if mdLinks(s) {
		return mdCodeCell(s)
	}
	return mdEscape(s)
}

// mdLinks says that s has something that is looked for in the finished page.
func mdLinks(s string) bool {
	lower := strings.ToLower(s)
	return strings.ContainsAny(s, "@#") || hasEmoji(s) ||
		strings.Contains(lower, "://") || strings.Contains(lower, "www.") || strings.Contains(lower, "gh-")
}

// hasEmoji says that s has ":name:", a picture on GitHub and GitLab. One or two digits
// are a time of day and the name of none.
func hasEmoji(s string) bool {
	parts := strings.Split(s, ":")
	for i := 1; i < len(parts)-1; i++ {
		number := len(parts[i]) < 3 && strings.Trim(parts[i], "0123456789") == ""
		if !number && !strings.ContainsAny(parts[i], " ,;/.") {
			return true
		}
	}
	return false
}

func mdEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte("\\`*_[]<>|~&$!", s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mdCode is s as code inside a paragraph; nothing in it has a meaning there.
func mdCode(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	// A space at each end goes again, and keeps a backquote off the fence.
	if s[0] == '`' || s[len(s)-1] == '`' || s[0] == ' ' && s[len(s)-1] == ' ' {
		s = " " + s + " "
	}
	return fence + s + fence
}

// mdCodeCell is mdCode for a table cell. After a backslash no escape of "|" is read
// alike everywhere, so there it becomes \x7c.
func mdCodeCell(s string) string {
	if strings.Contains(s, `\|`) {
		s = strings.ReplaceAll(s, "|", `\x7c`)
	}
	return mdCode(strings.ReplaceAll(s, "|", `\|`))
}

// mdFence is a block of code, line by line as it is. The fence is longer than any
// run of backquotes in it.
func mdFence(lines ...string) string {
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + "text\n" + text + "\n" + fence + "\n"
}

func longestRun(s string, c byte) (longest int) {
	run := 0
	for i := range len(s) {
		run++
		if s[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// CSVCell is log text that no spreadsheet takes for a formula: what begins like one gets
// an apostrophe in front (OWASP, "CSV Injection"). So does what follows a ";", which
// separates fields in many countries.
func CSVCell(s string) string {
	fields := strings.Split(Visible(s), ";")
	for i, f := range fields {
		first := strings.TrimLeft(f, ` "`)
		if i == 0 {
			first = strings.TrimLeft(f, " ")
		}
		if first != "" && strings.IndexByte("=+-@", first[0]) >= 0 {
			fields[i] = "'" + f
		}
	}
	return strings.Join(fields, ";")
}

// csvText is s as a quoted CSV field (RFC 4180).
func csvText(s string) string { return `"` + strings.ReplaceAll(CSVCell(s), `"`, `""`) + `"` }

// ShellWord is log text or a path as one word of a command that is offered to be typed
// (POSIX shell, 2.2.2): what could be anything but itself is quoted.
func ShellWord(s string) string {
	s = Visible(s)
	for i := range len(s) {
		if !isWordByte(s[i]) && strings.IndexByte("._-/:@%+,", s[i]) < 0 {
			return quoteWord(s)
		}
	}
	if s == "" {
		return quoteWord(s)
	}
	return s
}

func quoteWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
