// The room cli/mcp/. Comes in: an assistant's requests over the Model Context Protocol. Goes out: answers as text and data.
// Add here: a tool in tools.ts, which calls api/ and computes nothing, and its entry below.
import { VERSION } from '../../report/version.js';
import { SourceError } from '../../source/errors.js';
import { packages } from '../../source/node/packages.js';
import { shipped } from '../../source/node/shipped.js';
import { explainError } from '../errors.js';
import type * as Sdk from './sdk.js';
import { type Answer, compareTool, fitTool, profileTool, reconcileTool } from './tools.js';

interface Result {
  [key: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

/** An answer as the protocol has it; a failure is told with what to do, and ends nothing. */
async function answer(work: Promise<Answer>): Promise<Result> {
  try {
    const { text, data } = await work;
    return { content: [{ type: 'text', text }], structuredContent: { ...data } };
  } catch (error) {
    return { content: [{ type: 'text', text: explainError(error, true).text }], isError: true };
  }
}

const INSTRUCTIONS =
  'Exact costs of neural networks, read from the model itself: MACs, FLOPs, parameters, memory. Say which of MACs and FLOPs a number is. Never add to or round what is told as a formula.';

/**
 * `opcount mcp`: the same numbers as tools for assistants, over stdin and stdout by the Model Context Protocol. Runs until
 * its input ends. Throws SourceError for a message that is longer than the transport keeps.
 */
export async function runMcp(): Promise<number> {
  const { McpServer, StdioServerTransport, z } = loadSdk();
  const server = new McpServer({ name: 'opcount', version: VERSION }, { instructions: INSTRUCTIONS });
  registerTools(server, z);
  const transport = new StdioServerTransport();
  let flooded = false;
  const ended = new Promise<void>((done) => {
    server.server.onclose = done;
    // A line longer than the transport keeps ends it; lines that are no messages do not.
    server.server.onerror = ({ message }) => {
      if (message.startsWith('ReadBuffer exceeded')) flooded = true;
    };
    process.stdin.once('end', done);
  });
  await server.connect(transport);
  await ended;
  if (flooded)
    throw new SourceError('a message on stdin is longer than 10 MiB: the server has stopped', {
      hint: 'give models by path or address, not by their content',
    });
  return 0;
}

/** Arguments that several tools take, with what an assistant is told of them. */
function argumentsOf(z: typeof Sdk.z) {
  const numbers = z.record(z.string(), z.union([z.string(), z.number()]));
  return {
    model: z.string().describe('A path, an http(s) address, hf:org/name, or a built-in name (resnet50, llama-3.1-8b).'),
    inputs: z
      .array(z.string())
      .optional()
      .describe('Input shapes in order or by name: "1x3x224x224", "ids=1x128:int64".'),
    bind: z
      // The check below drops this one name without a word.
      .preprocess((given, { addIssue }) => {
        if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
          addIssue('a dimension named __proto__ cannot be bound here: use the command, --bind __proto__=3');
        return given;
      }, numbers)
      .optional()
      .describe('Numbers for free dimensions: {"batch": 8}.'),
    depth: z.number().int().min(0).max(20).optional().describe('Levels of the module tree.'),
  };
}

/** The tools, each with the text by which an assistant chooses it. All only read. */
function registerTools(server: InstanceType<typeof Sdk.McpServer>, z: typeof Sdk.z): void {
  const { model, inputs, bind, depth } = argumentsOf(z);
  const annotations = { readOnlyHint: true, openWorldHint: true };
  server.registerTool(
    'profile',
    {
      title: 'What a model costs',
      description:
        'MACs, FLOPs, parameters, weights, peak memory of a model, and where they go. `conventions` adds what other tools print: thop, torchstat, ptflops, fvcore, calflops, deepspeed, torchinfo, torchprofile.',
      inputSchema: z.strictObject({ model, inputs, bind, depth, conventions: z.array(z.string()).optional() }),
      annotations,
    },
    (args) => answer(profileTool(args)),
  );
  server.registerTool(
    'compare',
    {
      title: 'Two models side by side',
      description: 'What changes from model a to model b: totals and modules, aligned by structure.',
      inputSchema: z.strictObject({ a: model, b: model, inputs, bind, depth }),
      annotations,
    },
    (args) => answer(compareTool(args)),
  );
  server.registerTool(
    'reconcile',
    {
      title: 'Why tools print other numbers',
      description:
        'What every counting tool prints for a model and the signed terms that lead there from the exact MACs; with `number` ("4.1G") which tools print that.',
      inputSchema: z.strictObject({ model, inputs, bind, number: z.string().optional() }),
      annotations,
    },
    (args) => answer(reconcileTool(args)),
  );
  server.registerTool(
    'fit',
    {
      title: 'Does it fit, how fast can it be at most',
      description:
        'Whether a model fits the memory of devices, and lower bounds of time on them (bounds, not predictions). For language models: prefill and decode at a context, KV cache, tokens a second at most, largest batch and context.',
      inputSchema: z.strictObject({
        model,
        devices: z
          .array(z.string())
          .min(1)
          .describe('Ids: h100-sxm, rtx-4090:fp16; or "name: 82.6T fp32, 1008GB/s, 24GB".'),
        context: z.number().int().min(1).optional().describe('Tokens; language models alone.'),
        weights: z.string().optional().describe('Weights kept as int4, int8, fp8, bf16, q4_k, …'),
        kv: z.string().optional().describe('Keys and values kept as fp8, int8, …'),
        inputs,
        bind,
      }),
      annotations,
    },
    (args) => answer(fitTool(args)),
  );
}

/** The SDK's file of the build. */
function loadSdk(): typeof Sdk {
  const file = shipped('mcp-sdk.cjs');
  if (file !== null) return packages()(file) as typeof Sdk;
  throw new SourceError('this copy of opcount is not built: it has no server for assistants', {
    hint: 'npm run build',
  });
}
