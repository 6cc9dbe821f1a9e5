package strictyaml

import (
	"reflect"
	"testing"
)

// tree has itself in it.
type tree struct {
	ID   string   `yaml:"id"`
	Tags []string `yaml:"tags"`
	Kids []tree   `yaml:"kids"`
	Last *tree    `yaml:"last"`
	At   Pos      `yaml:"-"`
}

// each visits a tree and all in it.
func (t *tree) each(visit func(*tree)) {
	visit(t)
	for i := range t.Kids {
		t.Kids[i].each(visit)
	}
	if t.Last != nil {
		t.Last.each(visit)
	}
}

// What was kept without its file says the same as what was read.
func TestPlacer(t *testing.T) {
	const src = "id: a\nkids:\n- id: b\n  tags: [x, y]\n- kids: [{id: c}, {id: d, last: {id: e}}]\n  id: f\nlast:\n  id: g\n  kids: [{tags: [z], id: h}]\n"
	said := func(of *tree) (all []string) {
		of.each(func(one *tree) {
			for _, at := range []Pos{one.At, one.At.Key("id"), one.At.Key("tags", 1), one.At.Key("kids", 0), one.At.Key("nothing")} {
				all = append(all, at.Errorf("here").Error())
			}
		})
		return all
	}
	var read, kept tree
	for _, into := range []*tree{&read, &kept} {
		if errs := Decode("a.yaml", []byte(src), into); len(errs) > 0 {
			t.Fatal(errs)
		}
	}
	var p Placer
	p.Place(&kept, "", nil)
	kept.each(func(one *tree) {
		if one.At.File != "" || one.At.src != nil || one.At.Line == 0 {
			t.Errorf("%s: %+v", one.ID, one.At)
		}
	})
	asked := 0
	p.Place(&kept, "a.yaml", func() []byte { asked++; return []byte(src) })
	if asked != 0 {
		t.Error("the file was read though nobody asked")
	}
	if want, got := said(&read), said(&kept); !reflect.DeepEqual(got, want) || len(got) != 8*5 {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if asked != 1 {
		t.Errorf("the file was read %d times", asked)
	}
}
