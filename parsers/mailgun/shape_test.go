package mailgun

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/esp"
)

// members are values that change what an event says, and pieces that break a line.
var members = []string{
	`"event":"failed"`, `"event":""`, `"event":null`, `"hap":"delivered"`, `"severity":"temporary"`, `"reason":"old"`, `"id":"a"`, `"timestamp":1529692198.6`,
	`"timestamp":"1529692198"`, `"@timestamp":"2026-03-03T10:00:00Z"`, `"recipient":"bob@example.net"`, `"recipient":["bob@example.net"]`, `"recipient-domain":"example.net"`,
	`"envelope":{"sender":"a@example.com","targets":["b@example.net","c@example.net"],"transport":"smtp"}`, `"envelope":{"mail-from":"x@example.com"}`, `"envelope":null`,
	`"envelope":{"sender":"","mail-from":"x@example.com","sending-ip":"192.0.2.1"}`, `"flags":{"is-test-mode":true}`, `"flags":{"is-test-mode":"true","is-delayed-bounce":false}`,
	`"flags":{"is-delayed-bounce":"false"}`, `"message":"one"`, `"message":{"headers":{"message-id":"a@example.com","to":"x"},"size":17}`, `"message":{"headers":[]}`,
	`"delivery-status":{"code":"451","message":"4.7.0 \"no\"\nmore","mx-host":"mx.example.net","session-seconds":0.25}`, `"delivery-status":{"code":250,"message":"OK"}`,
	`"delivery-status":{"enhanced-code":"4.7.0","bounce-code":"","retry-seconds":60}`, `"delivery-status":{"code":true,"description":"\u00e9"}`, `"reject":{"reason":"x","description":""}`,
	`"event_data":{}`, `"Message-Id":"<a@example.com>"`, `"X-Mailgun-Sid":"x"`, `"deliverystatus_code":"550"`, `"error":"x"`, `"tags":["a","b"]`, `"user-variables":{"n":1}`,
	`"x":{"y":[1,2,{"z":[]}]}`, `"log-level":"info"`, `"storage":{"url":"https://example.com/1","key":"k"}`, `,`, `"a"`, `1`, `"x":tru`, `"x":01`, `"x":"\q"`, `{`,
}

// Lines are read in the same way whether their shape is known or not: of random lines a
// reader that has learned the shapes of many says what a new one does.
func TestShapesChangeNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	numbers := strings.NewReplacer("4", "5", "bob", "anna-maria", "451", "\"\"", "true", "false", "mx", `\tmx`)
	var learned reader
	var with, without esp.Reading
	known, valid := 0, 0
	for range 60_000 {
		var parts []string
		for range 1 + random.IntN(4) {
			m := members[random.IntN(len(members))]
			if random.IntN(2) == 0 {
				m = numbers.Replace(m)
			}
			parts = append(parts, m)
		}
		line := `{"log-level":"info",` + strings.Join(parts, ",") + `}`
		if random.IntN(3) == 0 {
			line = `{"signature":{"timestamp":"1"},"event-data":` + line + `}`
		}
		doc := []byte(line)
		if i := random.IntN(8 * len(doc)); i < len(doc) {
			doc[i] = line[random.IntN(len(line))]
		}
		var got, want fields
		with.Reset(doc)
		without.Reset(doc)
		before := learned.shapes
		if before.Find(&with.Cursor) != nil {
			known++
		}
		gotOK, wantOK := learned.fields(&with, &got), want.read(&without)
		if wantOK {
			valid++
		}
		if gotOK != wantOK || gotOK && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v %+v, want %v %+v", doc, gotOK, got, wantOK, want)
		}
	}
	if known < 5000 || valid < 2*known {
		t.Errorf("%d lines had a shape that was known, %d were valid: too few to tell", known, valid)
	}
}

// texts names every field that is cut from an element: one that is not there would be
// that of the first element of its shape.
func TestTextsAreAll(t *testing.T) {
	var f fields
	at := map[uintptr]bool{}
	for _, text := range f.texts() {
		at[reflect.ValueOf(text).Pointer()] = true
	}
	v := reflect.ValueOf(&f).Elem()
	n := 0
	for i := range v.NumField() {
		if v.Field(i).Kind() != reflect.Slice {
			continue
		}
		if n++; !at[v.Field(i).Addr().Pointer()] {
			t.Errorf("%s is not among the texts", v.Type().Field(i).Name)
		}
	}
	if n != len(at) {
		t.Errorf("%d texts of %d fields", len(at), n)
	}
}
