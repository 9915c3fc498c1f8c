package definitions

import (
	"strings"
	"unicode"
)

// Source is the text of a file, kept so that a problem can show the line that it is
// about and so that a place inside a value can be found in the file. It also knows
// where the keys of the steps stand, which a compiled [Runbook] does not carry along.
type Source struct {
	File string

	lines [][]rune
	marks map[mark]span
	whole bool
}

// mark names a key of the step with the path; of the runbook itself when path is "".
type mark struct{ path, key string }

// span is where a key and its value begin.
type span struct{ key, value Position }

func (s *Source) mark(path, key string, at, value Position) {
	s.marks[mark{path, key}] = span{at, value}
}

// Whole reports whether all of the file was understood: a check of what is missing in
// it means nothing otherwise.
func (s *Source) Whole() bool { return s == nil || s.whole }

// Key returns where a key of the step with the path stands (path "": of the runbook;
// key "with.x": an input), and false when the file does not have it.
func (s *Source) Key(path, key string) (Position, bool) {
	if s == nil {
		return Position{}, false
	}
	m, ok := s.marks[mark{path, key}]
	return m.key, ok
}

// Value returns where the value of a key begins; see [Source.Key].
func (s *Source) Value(path, key string) (Position, bool) {
	if s == nil {
		return Position{}, false
	}
	m, ok := s.marks[mark{path, key}]
	return m.value, ok
}

// NewSource splits a file into lines as YAML does: besides line feeds also carriage
// returns and Unicode's line and paragraph separators end a line.
func NewSource(file string, data []byte) *Source {
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	text := breaks.Replace(strings.TrimPrefix(string(data), "\ufeff"))
	s := &Source{File: file, marks: map[mark]span{}}
	for line := range strings.SplitSeq(text, "\n") {
		s.lines = append(s.lines, []rune(line))
	}
	return s
}

// Lines returns the number of lines.
func (s *Source) Lines() int { return len(s.lines) }

// Line returns a line by its number from 1, without its end; "" outside of the file.
func (s *Source) Line(n int) string {
	if s == nil || n < 1 || n > len(s.lines) {
		return ""
	}
	return string(s.lines[n-1])
}

// Within moves a position that lies outside of the text to the nearest one inside.
func (s *Source) Within(p Position) Position {
	p.File = s.File
	p.Line = max(1, min(p.Line, len(s.lines)))
	width := 0
	if p.Line <= len(s.lines) {
		width = len(s.lines[p.Line-1])
	}
	p.Column = max(1, min(p.Column, width+1))
	return p
}

// at returns the character at a position, a line feed at the end of a line, and
// false behind the end of the text.
func (s *Source) at(p Position) (rune, bool) {
	if p.Line < 1 || p.Line > len(s.lines) {
		return 0, false
	}
	line := s.lines[p.Line-1]
	if p.Column < 1 || p.Column > len(line) {
		return '\n', p.Line < len(s.lines)
	}
	return line[p.Column-1], true
}

// next returns the position behind p.
func (s *Source) next(p Position) Position {
	if p.Line >= 1 && p.Line <= len(s.lines) && p.Column <= len(s.lines[p.Line-1]) {
		p.Column++
		return p
	}
	p.Line, p.Column = p.Line+1, 1
	return p
}

// Place finds a character of a value in the file: text is the value as YAML gave it,
// start the position of its first character, line and column (from 1, in characters)
// the place inside the text. It is exact for plain, quoted and block scalars alike; a
// value whose start is unknown gives the start.
func (s *Source) Place(start Position, text string, line, column int) Position {
	if s == nil || start.Line == 0 {
		return start
	}
	offset, runes := 0, []rune(text)
	for l := 1; l < line && offset < len(runes); offset++ {
		if runes[offset] == '\n' {
			l++
		}
	}
	return s.PlaceAt(start, text, offset+max(column, 1)-1)
}

// PlaceAt is [Source.Place] by the number of characters before the wanted one.
//
// Value and file are walked side by side. They differ where YAML folds lines, takes
// indentation away, or unescapes, and only there.
func (s *Source) PlaceAt(start Position, text string, offset int) Position {
	if s == nil || start.Line == 0 {
		return start
	}
	w := walker{Source: s, pos: start, quote: s.quoteAt(start)}
	for i, r := range []rune(text) {
		if i == offset {
			w.seek(r)
			break
		}
		w.consume(r)
	}
	return s.Within(w.pos)
}

// quoteAt tells in which kind of quotes a position of the file stands: '"', '\” or 0.
// It looks at the position's line alone, which is enough for all but quoted values
// that begin on an earlier line.
func (s *Source) quoteAt(p Position) rune {
	var quote rune
	before := ' '
	line := []rune(s.Line(p.Line))
	for i := 0; i < len(line) && i < p.Column-1; i++ {
		r := line[i]
		switch {
		case quote == '"' && r == '\\':
			i++
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\'') && strings.ContainsRune(" \t[{,", before):
			quote = r
		}
		before = r
	}
	return quote
}

// walker walks through a value and its text in the file at once.
type walker struct {
	*Source
	pos   Position
	quote rune
}

// seek moves to where the character r of the value begins in the file.
func (w *walker) seek(r rune) {
	for !unicode.IsSpace(r) {
		c, ok := w.at(w.pos)
		if !ok || !unicode.IsSpace(c) {
			return
		}
		w.pos = w.next(w.pos)
	}
}

// consume moves behind the character r of the value.
func (w *walker) consume(r rune) {
	w.seek(r)
	c, ok := w.at(w.pos)
	switch {
	case !ok:
	case unicode.IsSpace(r) && c == '\n' && r != '\n': // folded: a break and the next line's indentation
		for ok && unicode.IsSpace(c) {
			w.pos = w.next(w.pos)
			c, ok = w.at(w.pos)
		}
	case unicode.IsSpace(r) && !unicode.IsSpace(c): // already skipped with the indentation
	case w.quote == '"' && c == '\\':
		w.escape()
	case w.quote == '\'' && c == '\'':
		w.pos = w.next(w.next(w.pos))
	default:
		w.pos = w.next(w.pos)
	}
}

// escape moves behind an escape sequence of a double-quoted scalar.
func (w *walker) escape() {
	w.pos = w.next(w.pos)
	c, _ := w.at(w.pos)
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[c]
	for range digits + 1 {
		w.pos = w.next(w.pos)
	}
}
