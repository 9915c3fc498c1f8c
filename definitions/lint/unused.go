package lint

import "redress/definitions"

// CodeUnusedName is the code of the check of unused names.
const CodeUnusedName = "unused-name"

// unused warns of checks that were given a name and whose result nothing reads. A
// verify and an act serve a purpose without being read.
type unused struct{}

func (unused) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeUnusedName, Text: "Nothing reads the result of this check: no expression and no message. Perhaps a condition reads another step by mistake; else remove the name or the step."}}
}

func (unused) check(b *book) {
	if !b.src.Whole() {
		return // what cannot be parsed may have read it
	}
	read := map[string]bool{}
	for _, u := range b.uses() {
		for _, name := range u.Names {
			read[name] = true
		}
	}
	for _, t := range b.texts() {
		if t.err != nil {
			return
		}
		for _, r := range t.references() {
			read[r.step()] = true
		}
	}
	for _, s := range b.sites {
		if s.Check != nil && s.Name != "" && !read[s.Name] {
			b.warn(b.key(s, "name"), CodeUnusedName, "remove the name, or read it", "nothing reads the result %q", s.Name)
		}
	}
}
