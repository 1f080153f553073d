// Compiles the models in a folder with Cube's own compiler, and prints for each the SQL of a query of all its
// dimensions and measures. Usage: cube_models.mjs PACKAGES FOLDER
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The other planner is in a native module, which npm downloads from elsewhere.
process.env.CUBEJS_TESSERACT_SQL_PLANNER = 'false';
const [packages, folder] = process.argv.slice(2);
const require = createRequire(join(packages, 'package.json'));
const { prepareCompiler, PostgresQuery } = require('@cubejs-backend/schema-compiler');
const { NativeInstance } = require('@cubejs-backend/native');
// It renders templates in Jinja, which the models are not.
NativeInstance.prototype.newJinjaEngine = () => ({});

const files = readdirSync(folder).filter((name) => name.endsWith('.yml'));
const compilers = prepareCompiler({
  localPath: () => folder,
  dataSchemaFiles: async () => files.map((fileName) => ({
    fileName,
    content: readFileSync(join(folder, fileName), 'utf8'),
  })),
});
await compilers.compiler.compile();
const models = compilers.metaTransformer.cubes.map(({ config: { name, dimensions, measures } }) => {
  const names = (members) => members.map((member) => member.name);
  const query = { measures: names(measures), dimensions: names(dimensions), timezone: 'UTC' };
  const [sql] = new PostgresQuery(compilers, query).buildSqlAndParams();
  return {
    name,
    dimensions: dimensions.map((it) => `${it.name} ${it.type}`),
    measures: measures.map((it) => `${it.name} ${it.aggType}`),
    sql,
  };
});
console.log(JSON.stringify(models));
