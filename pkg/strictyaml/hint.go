package strictyaml

import (
	"fmt"
)

// DidYouMean returns `; did you mean "x"?` for the candidate nearest to a
// mistyped word, "" if none is near.
func DidYouMean(word string, candidates []string) string {
	best, dist := "", len(word)/2+1
	if len(word) > 64 {
		return ""
	}
	for _, c := range candidates {
		if n := distance(word, c); n < dist {
			best, dist = c, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := prev
			if a[i-1] != b[j-1] {
				cost = min(prev, row[j], row[j-1]) + 1
			}
			prev, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
