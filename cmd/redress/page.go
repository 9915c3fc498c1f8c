package main

import (
	"bytes"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// page is a screen that is being written.
type page struct {
	bytes.Buffer
	now time.Time
}

// section writes a title and a table, or nothing when there are no rows.
func (p *page) section(title string, rows int, write func(io.Writer)) {
	if rows == 0 {
		return
	}
	p.WriteString("\n" + title + "\n")
	p.table("  ", write)
}

// table aligns the columns of what write writes.
func (p *page) table(indent string, write func(io.Writer)) {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	write(w)
	_ = w.Flush() // a buffer takes everything
	for line := range strings.Lines(b.String()) {
		p.WriteString(strings.TrimRight(indent+line, " \n") + "\n")
	}
}
