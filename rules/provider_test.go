package rules

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

func TestByMX(t *testing.T) {
	ps := builtin(t).Providers
	f := func(host, want string) {
		t.Helper()
		if got := ps.ByMX(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
	f("hotmail-com.olc.protection.outlook.com", "microsoft-consumer")
	f("outlook-com.olc.protection.outlook.com.", "microsoft-consumer")
	f("HOTMAIL-COM.OLC.Protection.Outlook.COM", "microsoft-consumer")
	f("example-com.mail.protection.outlook.com", "microsoft-365")
	f("example-com.a-v1.mx.microsoft", "microsoft-365")
	f("gmail-smtp-in.l.google.com", "google")
	f("alt3.gmail-smtp-in.l.google.com", "google")
	f("aspmx.l.google.com", "google-workspace")
	f("alt2.aspmx.l.google.com", "google-workspace")
	f("smtp.google.com", "google-workspace")
	f("mta5.am0.yahoodns.net", "yahoo")
	f("mx-aol.mail.gm0.yahoodns.net", "yahoo-aol")
	f("mx1.mail.icloud.com", "apple")
	f("mx0a-00000000.pphosted.com", "proofpoint")
	f("mx0a-00000000.gpphosted.com", "proofpoint-gov")
	f("mx1-us1.ppe-hosted.com", "proofpoint-essentials")
	f("us-smtp-inbound-1.mimecast.com", "mimecast")
	f("cluster1.us.messagelabs.com", "broadcom-esc")
	// A suffix ends at a label.
	f("mx.notyahoodns.net", "")
	f("evilmail.protection.outlook.com.example.net", "")
	f("xmimecast.com", "")
	f("mx.example.com", "")
	f("com", "")
	f("", "")
	f(".", "")
	f("..", "")
}

func TestByDomain(t *testing.T) {
	ps := builtin(t).Providers
	f := func(domain, want string) {
		t.Helper()
		if got := ps.ByDomain(domain); got != want {
			t.Errorf("%q: %q, want %q", domain, got, want)
		}
	}
	f("hotmail.com", "microsoft-consumer")
	f("Hotmail.FR", "microsoft-consumer")
	f("outlook.com.br", "microsoft-consumer")
	f("live.co.uk", "microsoft-consumer")
	f("msn.com", "microsoft-consumer")
	f("gmail.com", "google")
	f("googlemail.com.", "google")
	f("yahoo.com", "yahoo")
	f("yahoo.co.uk", "yahoo")
	f("yahoo.co.jp", "yahoo-jp")
	f("ymail.com", "yahoo")
	f("aol.com", "yahoo-aol")
	f("icloud.com", "apple")
	f("gmx.de", "1and1-gmx")
	// The label stands before a public suffix, else it is somebody's host.
	f("hotmail.example.com", "")
	f("live.nowhere", "")
	f("nothotmail.com", "")
	f("example.com", "")
	f("", "")
}

func TestBySignature(t *testing.T) {
	ps := builtin(t).Providers
	f := func(text, want string) {
		t.Helper()
		if got := ps.BySignature([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("451 4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of connections. (S3115)", "microsoft-consumer")
	f("451 4.7.500 Server busy. Please try again later from [192.0.2.25]. (AS77712344)", "microsoft-365")
	f("450 4.7.3 Later [AB1PEPF00000001.prod.protection.outlook.com 2026-05-20T09:02:14.000Z 08DD4D9FD5AFF45C]", "microsoft-365")
	f("421-4.7.0 Our system x 421 4.7.0 https://support.google.com/mail/?p=UnsolicitedMessageError a1b2 - gsmtp", "google")
	f("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "yahoo")
	f("421 4.7.0 [TSS04x] Messages from 192.0.2.1 temporarily deferred", "")
	f("554 mx.example.net Reject, see AUP#In-1310", "spectrum")
	f("421 <a@example.com> Service refused, please try later. LPN007_510", "laposte")
	f("421 Too many connections, slow down. OFR004_104", "orange")
	f("421 4.7.0 too many connections from 192.0.2.1", "")
	f("550 see https://www.example.com/S3115x", "")
	f("", "")
}

func TestDestination(t *testing.T) {
	ps := builtin(t).Providers
	f := func(mx, domain string, want Destination) {
		t.Helper()
		for range 2 { // found, then remembered
			if got := ps.Destination([]byte(mx), []byte(domain)); got != want {
				t.Errorf("%q %q: %+v, want %+v", mx, domain, got, want)
			}
		}
	}
	microsoft := Destination{"microsoft-consumer", "Microsoft consumer", "microsoft-consumer", mail.ConsumerMailbox}
	f("hotmail-com.olc.protection.outlook.com", "hotmail.com", microsoft)
	f("eur.olc.protection.outlook.com.", "example.com", microsoft)
	f("", "msn.com", microsoft)
	f("none", "live.de", microsoft)
	f("gmail-smtp-in.l.google.com", "", Destination{"google", "Google", "google", mail.ConsumerMailbox})
	// They share their MX addresses, so they are one destination.
	f("aspmx.l.google.com", "example.com", Destination{"google", "Google", "google-workspace", mail.ConsumerMailbox})
	f("mx-aol.mail.gm0.yahoodns.net", "aol.com", Destination{"yahoo", "Yahoo", "yahoo-aol", mail.ConsumerMailbox})
	f("mx1.two-mx.example", "a.example", Destination{Platform: "two-mx.example", Name: "two-mx.example"})
	f("bounce.sender.example", "", Destination{Platform: "sender.example", Name: "sender.example"})
	f("mx.mail.example.co.uk", "", Destination{Platform: "example.co.uk", Name: "example.co.uk"})
	f("", "Some.Domain.example", Destination{Platform: "domain.example", Name: "domain.example"})
	f("[192.0.2.7]", "a.example", Destination{Platform: "192.0.2.7", Name: "192.0.2.7"})
	f("192.0.2.7", "a.example", Destination{Platform: "192.0.2.7", Name: "192.0.2.7"})
	f("[IPv6:2001:DB8::7]", "a.example", Destination{Platform: "2001:db8::7", Name: "2001:db8::7"})
	f("localhost", "", Destination{Platform: "localhost", Name: "localhost"})
	f("co.uk", "", Destination{Platform: "co.uk", Name: "co.uk"})
	f("", "", Destination{Platform: "unknown", Name: "unknown"})
	f("none", "", Destination{Platform: "unknown", Name: "unknown"})
}

func BenchmarkDestination(b *testing.B) {
	ps := builtin(b).Providers
	host := []byte("hotmail-com.olc.protection.outlook.com")
	b.ReportAllocs()
	for b.Loop() {
		if ps.Destination(host, nil).Platform != "microsoft-consumer" {
			b.Fatal("wrong destination")
		}
	}
}
