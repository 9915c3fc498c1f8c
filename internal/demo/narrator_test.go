//go:build !lean

package demo

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is told late still stands where it happened.
func TestNarratorOrder(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	n := newNarrator(&out)
	fault := time.Now()
	n.note(fault.Add(-time.Second), partDemo, "up")
	n.faultAt(fault)
	n.note(fault.Add(2400*time.Millisecond), partRedress, "run begins\nhttp://ui")
	n.note(fault.Add(time.Millisecond), partRedis, "killed %s", "redis-1")
	n.note(fault.Add(2300*time.Millisecond), partPrometheus, "fires")
	n.paragraph("the end")
	n.close()
	n.note(fault.Add(65*time.Second), partPager, "too late")
	n.close()
	want := "" +
		"         demo          up\n" +
		"+  0.0s  redis         killed redis-1\n" +
		"+  2.3s  prometheus    fires\n" +
		"+  2.4s  redress       run begins\n" +
		"                       http://ui\n" +
		"the end\n" +
		"+ 65.0s  pager         too late\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A line waits for earlier ones, but not for ever.
func TestNarratorPrints(t *testing.T) {
	t.Parallel()
	told := make(chan struct{}, 1)
	out := &trigger{word: "killed", pull: func() { told <- struct{}{} }}
	n := newNarrator(out)
	defer n.close()
	n.now(partRedis, "killed")
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Error("nothing was printed")
	}
}

func TestColorful(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if colorful(f) || colorful(&bytes.Buffer{}) {
		t.Error("colours where there is no terminal")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"nothing": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := list(names); got != want {
			t.Errorf("list(%q) = %q, want %q", names, got, want)
		}
	}
}
