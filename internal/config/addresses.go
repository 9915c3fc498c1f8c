package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"redress/definitions"
)

// address checks that a text is host:port.
func (d *decoder) address(it item) {
	host, port, err := net.SplitHostPort(it.text)
	if n, bad := strconv.Atoi(port); err == nil && bad == nil && host != "" && n >= 1 && n <= 65535 && !strings.ContainsAny(host, "/ @") {
		return
	}
	cure := "write 10.0.0.1:6379, redis.example:6379 or [::1]:6379"
	if strings.Contains(it.text, "://") {
		cure = "without the scheme: 10.0.0.1:6379"
	}
	d.fail(it.node, definitions.CodeBadValue, it.path+" is no address of the form host:port", cure)
}

// url checks that a text is the base of an http or https URL, and returns it without
// the slash at its end. It never prints what may hold a password.
func (d *decoder) url(it item) string {
	u, err := url.Parse(it.text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		d.fail(it.node, definitions.CodeBadValue, it.path+" is no URL that begins with http:// or https://", "write http://127.0.0.1:9093")
	case u.User != nil:
		d.inlineSecret(it.node, it.path, "leave user and password out; those for Alertmanager are given by file in alertmanager.http_config")
	case u.RawQuery != "" || u.Fragment != "":
		d.fail(it.node, definitions.CodeBadValue, it.path+" has a query or a fragment", "give the base URL alone, such as http://127.0.0.1:9093")
	}
	return strings.TrimRight(it.text, "/")
}
