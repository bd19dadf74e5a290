// What the server takes of the protocol's SDK, built into a file of its own: nobody else should load it.
export { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
export { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
export * as z from 'zod';
