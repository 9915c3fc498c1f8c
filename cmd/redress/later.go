package main

// laterVerbs are designed and not there yet: who reads of one should learn that it is
// the version, not the spelling.
func laterVerbs() []string {
	return []string{
		"approve", "backtest", "cancel", "diagnose", "explain", "graph", "init", "lab", "new", "pause",
		"reject", "report", "resume", "run", "schema", "targets", "test",
	}
}
