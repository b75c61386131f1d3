// A stand-in for Terraform's AWS provider: it serves the provider's schema and accepts all values, so
// that `terraform validate` and `terraform test` with mock_provider run without AWS. It plans and
// creates nothing. It speaks Terraform's plugin protocol 5, and prints the value of
// TF_REATTACH_PROVIDERS, by which Terraform uses a provider that runs already. SIGTERM ends it.
//
//   NODE_PATH=FOLDER/node_modules node provider.cjs     needs @grpc/grpc-js, @grpc/proto-loader
'use strict';
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const REQUIRED = 1, OPTIONAL = 2, SINGLE = 1;
const schema = JSON.parse(fs.readFileSync(path.join(__dirname, 'schema.json')));
const protocol = grpc.loadPackageDefinition(loader.loadSync(path.join(__dirname, 'plugin.proto'), { keepCase: true }));

function attribute([name, [type, mode]]) {
	return {
		name, type: Buffer.from(JSON.stringify(type)),
		// The bindings do not say which optional attributes AWS fills in, so it may fill in each.
		required: mode === REQUIRED, optional: mode === OPTIONAL, computed: mode >= OPTIONAL,
	};
}

function nested([name, [nesting, inner, least, most]]) {
	const count = nesting === SINGLE ? { min_items: 0, max_items: 0 } : { min_items: least, max_items: most };
	return { type_name: name, block: block(inner), nesting, ...count };
}

function block({ a, b }) {
	return { version: 0, attributes: Object.entries(a).map(attribute), block_types: Object.entries(b).map(nested) };
}

const all = (types) => Object.fromEntries(Object.entries(types).map(([type, b]) => [type, { version: 0, block: block(b) }]));

const accepted = (call, reply) => reply(null, {});
const methods = {
	GetSchema: (call, reply) => reply(null, {
		provider: { version: 0, block: block(schema.provider) },
		resource_schemas: all(schema.resource), data_source_schemas: all(schema.data),
		// Terraform then reads the schema once and not for each run of a test.
		server_capabilities: { get_provider_schema_optional: true },
	}),
	PrepareProviderConfig: (call, reply) => reply(null, { prepared_config: call.request.config }),
	ValidateResourceTypeConfig: accepted,
	ValidateDataSourceConfig: accepted,
	Stop: accepted,
};

const server = new grpc.Server({ 'grpc.max_send_message_length': -1 });
server.addService(protocol.tfplugin5.Provider.service, methods);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (err, port) => {
	if (err) {
		console.error(err);
		process.exit(1);
	}
	console.log(JSON.stringify({
		'registry.terraform.io/hashicorp/aws': {
			Protocol: 'grpc', ProtocolVersion: 5, Pid: process.pid, Test: true, // Test: do not end it
			Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
		},
	}));
});
process.on('SIGTERM', () => process.exit(0));
