package report

import "strings"

// MarkdownText is log text as plain text of a Markdown paragraph or list item.
func MarkdownText(s string) string { return mdText(Visible(s)) }

// MarkdownCell is log text for a cell of a Markdown table.
func MarkdownCell(s string) string { return mdCell(Visible(s)) }

// MarkdownCode is log text as code inside a Markdown paragraph.
func MarkdownCode(s string) string { return mdCode(Visible(s)) }

// MarkdownBlock is lines that have been made safe already as a block of code in Markdown.
func MarkdownBlock(lines ...string) string { return mdFence(lines...) }

// SARIFText is log text for a plain message of SARIF, where brackets make links and
// braces stand for arguments (SARIF 2.1.0, 3.11.5 and 3.11.6).
func SARIFText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `{`, `{{`, `}`, `}}`).Replace(Visible(s))
}

// GitHubMessage is log text for the message of a GitHub workflow command, and
// GitHubProperty for the value of a property of one, such as its file (GitHub Actions,
// "Workflow commands"; escapeData and escapeProperty of its toolkit).
func GitHubMessage(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(Visible(s))
}

// GitHubProperty is described at GitHubMessage.
func GitHubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(GitHubMessage(s))
}

// PrometheusLabel is log text for the value of a label, between its quotes (Prometheus,
// "Exposition formats", text format).
func PrometheusLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(Visible(s))
}
