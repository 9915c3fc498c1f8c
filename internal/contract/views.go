package contract

// RunList is a page of runs: running ones first, then the newest.
type RunList struct {
	Runs          []Run  `json:"runs"`
	NextPageToken string `json:"next_page_token"`
}

// RunFilter selects runs; empty fields select all.
type RunFilter struct {
	Target, Runbook, Outcome, Status string
	Limit                            int // default 50, at most 500
	PageToken                        string
}
