package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// unknown reports a key that the table does not have, and what was probably meant.
func (o *object) unknown(key *yaml.Node) {
	var names, supported []string
	for _, k := range o.d.children[tablePath(o.path)] {
		_, name := k.parent()
		names = append(names, name)
		if !k.Later {
			supported = append(supported, name)
		}
	}
	if file := key.Value + "_file"; contains(names, file) || (key.Value == "url" && contains(names, "url_file")) {
		o.d.inlineSecret(key, o.at(key.Value), "put it into a file and name that with "+file)
		o.silent[file] = true
		return
	}
	if key.Value == "password" && contains(names, "read") {
		o.d.inlineSecret(key, o.at(key.Value), "put it into a file and name that below read: {password_file: …}")
		return
	}
	cure := definitions.DidYouMean(key.Value, names)
	if cure == "" {
		cure = "known are " + strings.Join(supported, ", ")
	}
	o.silent[definitions.Nearest(key.Value, names)] = true
	o.d.fail(key, definitions.CodeUnknownKey, fmt.Sprintf("%s has no key %q", o.label(), key.Value), cure)
}

// require reports a missing key.
func (o *object) require(key string) {
	if o.broken || o.silent[key] || o.values[key] != nil {
		return
	}
	o.d.fail(o.node, definitions.CodeMissingKey, fmt.Sprintf("%s needs the key %s", o.label(), key), o.cure(key))
}

// cure returns what to add for a missing key, from its sentence of the table.
func (o *object) cure(key string) string {
	for _, k := range o.d.children[tablePath(o.path)] {
		if _, name := k.parent(); name == key {
			return fmt.Sprintf("add %s: %s", key, strings.ToLower(k.Doc[:1])+strings.TrimSuffix(k.Doc[1:], "."))
		}
	}
	return ""
}
