package expr

func (o *object) tree() any {
	if o.fields == nil {
		return nil
	}
	return o.fields
}

// collect notes, at their places in the result, the reasons for everything unknown in a value.
func (r *result) collect(t Type, tree any, from, place origin) {
	if from.declared() || tree == nil && t.Kind != Dynamic {
		if why, ok := from.why(); ok {
			r.unknown[place.path] = why
		}
		return
	}
	switch tree := tree.(type) {
	case []any:
		for i, item := range tree {
			r.collect(elemOf(t), item, from.index(i), place.index(i))
		}
	case map[string]any:
		if t.Kind != Object {
			for key, item := range tree {
				r.collect(elemOf(t), item, from.field(key), place.field(key))
			}
			return
		}
		for _, f := range t.Fields {
			r.collect(f.Type, tree[f.Name], from.field(f.Name), place.field(f.Name))
		}
	}
}
