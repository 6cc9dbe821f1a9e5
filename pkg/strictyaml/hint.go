package strictyaml

import "fmt"

// DidYouMean returns `; did you mean "x"?` for the candidate nearest to a
// mistyped word, "" if none is near.
func DidYouMean(word string, candidates []string) string {
	best, dist := "", len(word)/2+1
	if len(word) > 64 {
		return ""
	}
	for _, c := range candidates {
		if n := Distance(word, c); n < dist {
			best, dist = c, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// Distance is how many letters must be changed, added or left out to make one word
// the other (Levenshtein). Its cost is the product of their lengths.
func Distance(a, b string) int {
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
