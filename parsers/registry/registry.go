// Package registry lists the log formats that the program reads, and finds the
// one that a sample is of.
//
// It is apart from package parsers so that the formats can import that package.
package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/brevo"
	"github.com/seed-07ce53fa/diagnose/parsers/dsn"
	"github.com/seed-07ce53fa/diagnose/parsers/exchange"
	"github.com/seed-07ce53fa/diagnose/parsers/exim"
	"github.com/seed-07ce53fa/diagnose/parsers/haraka"
	"github.com/seed-07ce53fa/diagnose/parsers/kumomta"
	"github.com/seed-07ce53fa/diagnose/parsers/mailersend"
	"github.com/seed-07ce53fa/diagnose/parsers/mailgun"
	"github.com/seed-07ce53fa/diagnose/parsers/mailjet"
	"github.com/seed-07ce53fa/diagnose/parsers/mailtrap"
	"github.com/seed-07ce53fa/diagnose/parsers/mandrill"
	"github.com/seed-07ce53fa/diagnose/parsers/opensmtpd"
	"github.com/seed-07ce53fa/diagnose/parsers/postal"
	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
	"github.com/seed-07ce53fa/diagnose/parsers/postmark"
	"github.com/seed-07ce53fa/diagnose/parsers/powermta"
	"github.com/seed-07ce53fa/diagnose/parsers/resend"
	"github.com/seed-07ce53fa/diagnose/parsers/sendgrid"
	"github.com/seed-07ce53fa/diagnose/parsers/sendmail"
	"github.com/seed-07ce53fa/diagnose/parsers/ses"
	"github.com/seed-07ce53fa/diagnose/parsers/smtp"
	"github.com/seed-07ce53fa/diagnose/parsers/sparkpost"
	"github.com/seed-07ce53fa/diagnose/parsers/wrap"
	"github.com/seed-07ce53fa/diagnose/parsers/zonemta"
	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// All returns every format, in the order in which help and errors name them.
func All() []parsers.Format { return append(specific(), generic()...) }

// specific are the formats that know their own lines from those of all others.
func specific() []parsers.Format {
	return described(
		postfix.Format,
		exim.Format,
		sendmail.Format,
		opensmtpd.Format,
		kumomta.Format,
		powermta.Format,
		haraka.Format,
		zonemta.Format,
		exchange.Format,
		mailgun.Format,
		sendgrid.Format,
		ses.Format,
		sparkpost.Format,
		postmark.Format,
		postal.Format,
		mandrill.Format,
		brevo.Format,
		mailjet.Format,
		mailersend.Format,
		mailtrap.Format,
		resend.Format,
		dsn.Format,
	)
}

// Generic says that a format is one for logs that no other format knows.
func Generic(name string) bool {
	return slices.ContainsFunc(generic(), func(f parsers.Format) bool { return f.Name == name })
}

// generic are the formats for logs that no other format knows.
func generic() []parsers.Format { return described(smtp.Format) }

func described(formats ...parsers.Format) []parsers.Format {
	for i := range formats {
		formats[i].Carries = carries[formats[i].Name]
	}
	return formats
}

// ByName returns the format of that name, for files with or without a wrapper:
// one of those that the user has declared, or of All. The error names those there
// are, and the one that may have been meant.
func ByName(name string, declared ...parsers.Format) (parsers.Format, error) {
	var names []string
	for _, f := range append(declared[:len(declared):len(declared)], All()...) {
		if f.Name == name {
			return wrap.Lazy(f), nil
		}
		names = append(names, f.Name)
	}
	hint := ""
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return parsers.Format{}, fmt.Errorf("cannot find log format %q: known formats are %s%s", name, strings.Join(names, ", "), hint)
}

// nearest returns the name that differs least from what was typed, if it differs
// by at most a third of its letters, or begins the same.
func nearest(typed string, names []string) string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	best, least := "", 0
	for _, n := range names {
		d := len(typed) // nobody's typing error
		if d <= 64 {
			d = strictyaml.Distance(typed, n)
		}
		if len(typed) > 2 && (strings.HasPrefix(n, typed) || strings.HasPrefix(typed, n)) {
			d = 0
		}
		if d <= len(n)/3 && (best == "" || d < least) {
			best, least = n, d
		}
	}
	return best
}
