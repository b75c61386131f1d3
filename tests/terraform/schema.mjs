// Writes the schema that provider.cjs serves, from the TypeScript bindings of the AWS provider.
//
//   node schema.mjs FOLDER/node_modules/@cdktf/provider-aws/lib [TYPE...] > schema.json
//
// The bindings (npm @cdktf/provider-aws, MPL-2.0) are generated from the provider itself. They say
// for each attribute whether it is a block, its type, and whether it is required, optional or
// computed. Without TYPEs, all resources and data sources that terraform/ uses are written.
//
// Form: {version, provider, resource: {TYPE: block}, data: {TYPE: block}}; a block has
// a: {attribute: [type in cty's JSON, 1 required | 2 optional | 3 computed]} and
// b: {block: [1 single | 2 list | 3 set, its block, least, most (0: any number)]}.
import fs from 'node:fs';
import path from 'node:path';

const REQUIRED = 1, OPTIONAL = 2, COMPUTED = 3;
const SINGLE = 1, LIST = 2, SET = 3;
const DEEPEST = 7; // blocks such as those of WAF rules contain themselves

const [root, ...wanted] = process.argv.slice(2);

const PRIMITIVES = { string: 'string', number: 'number', boolean: 'bool', any: 'dynamic' };

// "stringListMap" -> ["map", ["list", "string"]]; null: the name of a block's interface
function type_of(storage) {
	if (PRIMITIVES[storage]) return PRIMITIVES[storage];
	const [, inner, kind] = storage.match(/^(.*)(List|Map)$/) ?? [];
	const of = inner && type_of(inner);
	return of ? [kind.toLowerCase(), of] : null;
}

// Returns the attributes that the function xToHclTerraform or synthesizeHclAttributes lists.
function attributes_in(text) {
	const found = {};
	const row = /\n\s+(\w+): \{\n\s+value: [^\n]+\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)"/g;
	for (const [, name, block, kind, storage] of text.matchAll(row))
		found[name] = { block: block === 'true', kind, storage };
	return found;
}

// Returns {interface: names of its required members}.
function required_members(typings) {
	const found = {};
	for (const [, name, body] of typings.matchAll(/export interface (\w+)[^{]*\{([\s\S]*?)\n\}/g)) {
		found[name] = new Set();
		for (const [, comment, member, optional] of body.matchAll(/(\/\*\*[\s\S]*?\*\/)?\s*readonly (\w+)(\??):/g)) {
			if (optional) continue;
			const documented = comment?.match(/#(\w+)[ }]/)?.[1];
			found[name].add(documented ?? member.replace(/[A-Z]/g, (c) => '_' + c.toLowerCase()));
		}
	}
	return found;
}

const GETTERS = {
	String: 'string', Number: 'number', Boolean: 'bool',
	List: ['list', 'string'], NumberList: ['list', 'number'], StringMap: ['map', 'string'],
};

class Binding {
	constructor(folder) {
		this.js = fs.readFileSync(path.join(folder, 'index.js'), 'utf8');
		this.required = required_members(fs.readFileSync(path.join(folder, 'index.d.ts'), 'utf8'));
		[, this.name, this.type] = this.js.match(/^(\w+)\.tfResourceType = "([^"]+)"/m) ?? [];
		this.classes = {};
		for (const text of this.js.split(/\nclass /).slice(1)) this.classes[text.match(/^\w+/)[0]] = text;
		this.attributes = {};
		for (const text of this.js.split(/\nfunction /).slice(1)) {
			const name = text.match(/^(\w+)ToHclTerraform\(struct\)/)?.[1];
			if (name) this.attributes[name] = attributes_in(text.split(/\n\}\n/)[0]);
		}
	}

	// The type of a computed attribute that is a list of objects, such as master_user_secret.
	object_type(name, text) {
		const [, list, set] = text.match(new RegExp(`new (\\w+)List\\(this, "${name}", (true|false)\\)`)) ?? [];
		const members = list && this.computed(this.classes[`${list}OutputReference`] ?? '');
		if (!members || Object.keys(members).length === 0) return null;
		return [set === 'true' ? 'set' : 'list', ['object', members]];
	}

	// Returns {name: type} of the attributes that only the provider sets.
	computed(text) {
		const found = {};
		for (const [, name, after] of text.matchAll(/\/\/ (\w+) - computed: true, optional: false, required: false\n(?=([\s\S]{0,160}))/g)) {
			const getter = GETTERS[after.match(/this\.get(\w+)Attribute/)?.[1]];
			found[name] ??= getter ?? this.object_type(name, this.js) ?? 'dynamic';
		}
		return found;
	}

	block(interface_name, attributes, text, depth) {
		const out = { a: {}, b: {} };
		const required = this.required[interface_name] ?? new Set();
		for (const [name, { block, kind, storage }] of Object.entries(attributes)) {
			const type = type_of(storage);
			const need = required.has(name);
			if (type && !block) {
				const inner = type === 'dynamic' && depth > 0 ? 'string' : type;
				out.a[name] = [kind === 'set' && Array.isArray(inner) ? ['set', inner[1]] : inner, need ? REQUIRED : OPTIONAL];
			} else if (depth < DEEPEST) {
				const lower = (s) => s[0].toLowerCase() + s.slice(1);
				const of = this.attributes[lower(storage)] ? storage : storage.replace(/(List|Map)$/, '');
				const inner = this.block(of, this.attributes[lower(of)] ?? {}, this.classes[`${of}OutputReference`] ?? '', depth + 1);
				const nesting = name === 'timeouts' ? SINGLE : kind === 'set' ? SET : LIST;
				out.b[name] = [nesting, inner, need ? 1 : 0, kind === 'struct' ? 1 : 0];
			}
		}
		for (const [name, type] of Object.entries(this.computed(text)))
			if (!out.a[name] && !out.b[name] && (type !== 'dynamic' || depth === 0)) out.a[name] = [type, COMPUTED];
		if (depth === 0 && /get id\(\)/.test(text)) out.a.id ??= ['string', COMPUTED];
		return out;
	}

	schema() {
		const text = this.classes[this.name] ?? '';
		const synthesized = text.slice(text.indexOf('synthesizeHclAttributes'));
		return this.block(`${this.name}Config`, attributes_in(synthesized), text, 0);
	}
}

// Returns the types that the project's .tf files use.
function types_used() {
	const found = new Set();
	const tree = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../terraform');
	for (const name of fs.readdirSync(tree, { recursive: true })) {
		if (!name.endsWith('.tf') || name.includes('.terraform/')) continue;
		const text = fs.readFileSync(path.join(tree, name), 'utf8');
		for (const [, kind, type] of text.matchAll(/^(resource|data) "(aws_\w+)"/gm)) found.add(`${kind} ${type}`);
	}
	return found;
}

const used = wanted.length > 0 ? new Set(wanted.flatMap((t) => [`resource ${t}`, `data ${t}`])) : types_used();
const lines = { resource: [], data: [] };
let provider = 'null', version = '';
for (const folder of fs.readdirSync(root).sort()) {
	if (!fs.existsSync(path.join(root, folder, 'index.js'))) continue;
	const kind = folder.startsWith('data-aws-') ? 'data' : 'resource';
	const guess = 'aws_' + folder.replace(/^data-aws-/, '').replace(/-/g, '_');
	if (folder !== 'provider' && !used.has(`${kind} ${guess}`) && !/^(data-aws-)?(alb|lb)/.test(folder)) continue;
	const binding = new Binding(path.join(root, folder));
	if (folder === 'provider') {
		provider = JSON.stringify(binding.schema());
		version = fs.readFileSync(path.join(root, folder, 'index.d.ts'), 'utf8').match(/hashicorp\/aws\/([0-9.]+)\//)[1];
	} else if (used.delete(`${kind} ${binding.type}`)) {
		lines[kind].push(`${JSON.stringify(binding.type)}:${JSON.stringify(binding.schema())}`);
	}
}
if (wanted.length === 0 && used.size > 0) {
	console.error('the bindings have no ' + [...used].join(', '));
	process.exit(1);
}
console.log(`{"version":"${version}",\n"provider":${provider},`);
console.log(`"resource":{\n${lines.resource.join(',\n')}\n},\n"data":{\n${lines.data.join(',\n')}\n}}`);
