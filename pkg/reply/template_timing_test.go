package reply

import "testing"

func BenchmarkTemplate(b *testing.B) {
	texts := [][]byte{
		[]byte("451 4.7.652 The mail server [192.0.2.25] has exceeded the maximum number of connections. (S3115) [AB1PEPF00000001.namprd21.prod.outlook.com 2026-05-20T09:02:14.000Z 08DD4D9FD5AFF45C]"),
		[]byte("421 4.7.0 mx2.example.net Error: too many connections from 192.0.2.1"),
		[]byte("450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html"),
	}
	want := []string{
		"451 4.7.652 The mail server [*] has exceeded the maximum number of connections. (S3115) [*]",
		"421 4.7.0 * Error: too many connections from *",
		"450 4.2.0 <*>: Recipient address rejected: Greylisted, see *",
	}
	buf := make([]byte, 0, 1024)
	var size int64
	for _, t := range texts {
		size += int64(len(t))
	}
	b.SetBytes(size / int64(len(texts)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		k := i % len(texts)
		if buf = Template(buf[:0], texts[k]); string(buf) != want[k] {
			b.Fatalf("%s", buf)
		}
	}
}
