// Package reporttest holds what the tests of all outputs share: texts that an attacker
// would put into a log, values filled with them, and what every output is held
// against.
package reporttest

import "strings"

// Attacks are texts with a meaning to something that reads an output, of every kind
// that is known, and harmless ones.
func Attacks() []string {
	return []string{
		"", "x", " ", "%s%d", "caf\u00e9 \U0001f600",
		// HTML and XML.
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</title><svg onload=alert(1)>", "</style><script>", "</pre></section>",
		"javascript:alert(1)", "' onmouseover='alert(1)", "<!--", "-->", "]]>", "<![CDATA[", "&lt;b&gt; &amp;", "&copy;", "{{.}}", "<a href=//example.com>",
		// Terminals.
		"\x00\x1b[2J", "\x1b]0;t\x07", "\x1b]8;;http://a.example\x07", "\x1b[31m", "\x9b31m", "\u009d0;t\u009c", "\r\x1b[A", "\b\b\b", "\xff\xfe",
		"\u202e", "\u2066", "\u200b\ufeff", "\u200d", "\u00ad", "\U000e0041", "\ufe0f", "\u0085\u2028\u2029", "\t\v\f\x7f",
		// Lines.
		"a\nb", "a\nESCALATE  forged", "\r\nBcc: v@example.net", "\rx", "\n\n", "\\", `a\`,
		// Markdown of GitHub and GitLab.
		"| a | b |", "|--|--|", "|", `\|`, `\\|`, "a`|`b", "`", "``` \n# x", "~~~", "[x](http://example.com)", "![x](y)", "<b>", "<!-- -->", "@team", "#12", "!12", "GH-1",
		"http://example.com www.example.com", "a@example.com", "*a* _b_ ~~c~~", "- x", "+ x", "1. x", "1) x", "> x", "# x", "---", "===", "    x", "$a$", ":tada:", "/close",
		"[^1]: x", "[x]: /y",
		// Spreadsheets.
		"=1+1", "+1", "-1", "@SUM(1)", " =1", ";=1", "\t=1", `"`, `a"b,c`, `";=1`,
		// CI systems.
		"%0A", "::error file=a::b", "::::error::", "x ::add-mask::b", "a,b=c:d", "##[error]b", "##vso[task.x]", "2001:db8::1", "Mail::SPF",
		// Metrics, mail, JSON, SARIF.
		`{x="y"} 1`, "=?utf-8?q?=0d=0aX:?=", `{"a":1}`, "{0} [x](http://y)",
		// Shells and files of mailers.
		"$(id)", "`id`", "; id #", "'; id #", "{a,-oq}", "-x", "~", "*", "a=b", "!!", "/ mode=x\"", "</domain>", "x\n  relayhost = y", "${run{id}}", "dnl', `x",
		// Length.
		strings.Repeat("w", 3000), strings.Repeat("long ", 500),
	}
}
