package bootstrap

// The roles of the security plugin (https://docs.opensearch.org/latest/security/access-control/permissions/), each with what
// its program needs and no more. A data stream's permissions hold for its backing indices.

// writerRole is for programs that send records. It lets them add documents to streams that are there and map new attributes, and,
// for documents sent again after an answer was lost, look up by identifier whether one has been stored, and store it in the very
// index that it went to, which OpenSearch permits as an update only. It lets them search and delete nothing.
func writerRole(pattern string) object {
	return role([]string{"indices:data/write/bulk", "indices:data/read/mget"}, pattern,
		"indices:data/write/bulk*", "indices:data/write/index", "indices:admin/mapping/auto_put", "indices:admin/mapping/put",
		"indices:admin/data_stream/get", "indices:data/read/get", "indices:data/read/mget*", "indices:data/write/update")
}

// readerRole is for programs that search.
func readerRole(pattern string) object {
	return role([]string{"indices:data/read/msearch", "indices:data/read/mget", "indices:data/read/scroll*", "indices:data/read/point_in_time/*"}, pattern,
		"indices:data/read/*", "indices:admin/mappings/get", "indices:admin/mappings/fields/get*", "indices:admin/data_stream/get",
		"indices:admin/resolve/index", "indices:admin/get")
}

// makerRole is for who deploys: EnsureTemplate, and a Keeper.
func makerRole(pattern string) object {
	return role([]string{
		"indices:admin/index_template/get", "indices:admin/index_template/put", "cluster:admin/component_template/get", "cluster:admin/component_template/put",
		"cluster:admin/opendistro/ism/policy/get", "cluster:admin/opendistro/ism/policy/write",
		"cluster:admin/opendistro/ism/managedindex/add", "cluster:admin/opendistro/ism/managedindex/change",
	}, pattern,
		"indices:admin/data_stream/create", "indices:admin/data_stream/get", "indices:admin/resolve/index", "indices:admin/rollover", "indices:admin/create",
		"indices:admin/auto_create", "indices:admin/delete", "indices:admin/aliases", "indices:monitor/settings/get", "indices:monitor/stats")
}

// eraserRole is for who erases subjects, and for a Keeper with classes or holds beside the maker's: it finds documents and deletes
// them by query, and merges what held them off the disk.
func eraserRole(pattern string) object {
	return role([]string{"indices:data/write/bulk", "indices:data/read/scroll*"}, pattern,
		"indices:data/read/search*", "indices:data/read/field_caps*", "indices:data/write/delete*", "indices:data/write/bulk*",
		"indices:admin/refresh*", "indices:admin/forcemerge*", "indices:admin/resolve/index", "indices:admin/data_stream/get")
}

func role(cluster []string, pattern string, actions ...string) object {
	return object{
		"cluster_permissions": cluster,
		"index_permissions":   []object{{"index_patterns": []string{pattern}, "allowed_actions": actions}},
	}
}
