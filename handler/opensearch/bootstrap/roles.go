package bootstrap

// The roles of the security plugin (https://docs.opensearch.org/latest/security/access-control/permissions/), each with what
// its program needs and no more. A data stream's permissions hold for its backing indices.

// writerRole is for programs that send records. It lets them add documents to streams that are there and map new attributes, and
// look up, by identifier, whether a document has been stored, for a resend after a rollover. It lets them search, change and delete
// nothing.
func writerRole(pattern string) object {
	return role([]string{"indices:data/write/bulk", "indices:data/read/mget"}, pattern,
		"indices:data/write/bulk*", "indices:data/write/index", "indices:admin/mapping/auto_put", "indices:admin/mapping/put",
		"indices:admin/data_stream/get", "indices:data/read/get", "indices:data/read/mget*")
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

func role(cluster []string, pattern string, actions ...string) object {
	return object{
		"cluster_permissions": cluster,
		"index_permissions":   []object{{"index_patterns": []string{pattern}, "allowed_actions": actions}},
	}
}
