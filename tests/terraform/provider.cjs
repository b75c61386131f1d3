// A stand-in for Terraform's AWS provider: it serves the provider's schema and accepts all values, so
// that `terraform validate`, `terraform test` with mock_provider and a first `terraform plan` run
// without AWS. It creates nothing. It speaks Terraform's plugin protocol 5, and prints the value of
// TF_REATTACH_PROVIDERS, which makes Terraform use this process as the provider. SIGTERM ends it.
//
//   NODE_PATH=FOLDER/node_modules node provider.cjs
//
// Needs @grpc/grpc-js, @grpc/proto-loader, @msgpack/msgpack.
'use strict';
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const msgpack = require('@msgpack/msgpack');

const REQUIRED = 1, OPTIONAL = 2, COMPUTED = 3, SINGLE = 1;
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

const UNKNOWN = new msgpack.ExtData(0, new Uint8Array([0]));

// Plans a resource that does not exist yet, so the attributes that AWS chooses are unknown.
function plan(call, reply) {
	const { type_name, proposed_new_state } = call.request;
	const state = msgpack.decode(proposed_new_state.msgpack);
	for (const [name, [, mode]] of Object.entries(schema.resource[type_name].a))
		if ((mode === COMPUTED || name === 'id') && state?.[name] === null) state[name] = UNKNOWN;
	reply(null, { planned_state: { msgpack: Buffer.from(msgpack.encode(state)) } });
}

// Answers to the data sources of terraform/.
const DATA = {
	aws_partition: { partition: 'aws' },
	aws_region: { region: 'eu-central-1' },
	aws_caller_identity: { account_id: '123456789012' },
	aws_availability_zones: { names: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] },
	aws_secretsmanager_random_password: { random_password: 'x'.repeat(64) },
};

function read_data(call, reply) {
	const { type_name, config } = call.request;
	const state = { ...msgpack.decode(config.msgpack), ...DATA[type_name] };
	reply(null, { state: { msgpack: Buffer.from(msgpack.encode(state)) } });
}

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
	Configure: accepted,
	PlanResourceChange: plan,
	ReadDataSource: read_data,
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
			Protocol: 'grpc', ProtocolVersion: 5, Pid: process.pid, Test: true, // Test: Terraform does not end this process
			Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
		},
	}));
});
process.on('SIGTERM', () => process.exit(0));
