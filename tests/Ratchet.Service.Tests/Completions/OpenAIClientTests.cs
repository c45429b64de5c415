#pragma warning disable OPENAI001 // The seed is marked as experimental by the package.
using System.ClientModel;
using System.Diagnostics;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Ratchet.Service.Tests.Completions;

/// <summary>Clients that others wrote.</summary>
public sealed class OpenAIClientTests
{
    private const string Script = """
        const OpenAI = require('openai').default || require('openai');
        const client = new OpenAI({ apiKey: 'any', baseURL: process.argv[2] + '/v1', maxRetries: 0 });
        const fail = m => { throw new Error(m); };
        (async () => {
          const ask = { model: 'tiny', messages: [{ role: 'user', content: 'the fox' }], max_tokens: 40, seed: 4 };
          const whole = await client.chat.completions.create({ ...ask, n: 2, logprobs: true, top_logprobs: 2 });
          if (whole.choices.length !== 2 || whole.choices[0].logprobs.content[0].top_logprobs.length !== 2) fail('n or logprobs');
          let text = '';
          for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) text += chunk.choices[0]?.delta?.content ?? '';
          if (text !== whole.choices[0].message.content) fail(`stream: '${text}' and not '${whole.choices[0].message.content}'`);
          const plain = await client.completions.create({ model: 'tiny', prompt: 'the', max_tokens: 30, stop: ['e'], seed: 1 });
          if (plain.choices[0].text.includes('e')) fail('stop');
          const json = await client.chat.completions.create({ ...ask, max_tokens: 200, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] } } } });
          if (json.choices[0].finish_reason === 'stop' && !Number.isInteger(JSON.parse(json.choices[0].message.content).a)) fail('schema');
          if ((await client.models.list()).data[0].id !== 'tiny') fail('models');
          try { await client.completions.create({ model: 'none', prompt: 'x' }); fail('no error'); }
          catch (e) { if (e.status !== 404 || e.code !== 'model_not_found') fail(`error ${e.status} ${e.code} ${e.message}`); }
          try { await client.completions.create({ model: 'tiny', prompt: 'x', temperature: -1 }); fail('no error'); }
          catch (e) { if (e.status !== 400 || e.param !== 'temperature') fail(`error ${e.status} ${e.param} ${e.message}`); }
          console.log('well');
        })().catch(e => { console.error(e.message); process.exit(1); });
        """;

    [Fact]
    public async Task The_package_for_dotnet_talks_to_the_service()
    {
        await using var stand = await ModelFolder.ServeAsync();
        var stop = TestContext.Current.CancellationToken;
        var options = new OpenAIClientOptions { Endpoint = new Uri(stand.Service.Url + "/v1") };
        var openai = new OpenAIClient(new ApiKeyCredential("any-key"), options);
        var chat = openai.GetChatClient("tiny");
        ChatMessage[] messages = [new SystemChatMessage("be short"), new UserChatMessage("the fox")];
        var ask = new ChatCompletionOptions { MaxOutputTokenCount = 40, Seed = 9, Temperature = 0.8f, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };

        ChatCompletion whole = await chat.CompleteChatAsync(messages, ask, stop);

        Assert.Equal(("tiny", ChatMessageRole.Assistant), (whole.Model, whole.Role));
        Assert.Equal(whole.Usage.TotalTokenCount, whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount);
        Assert.Equal(2, whole.ContentTokenLogProbabilities[0].TopLogProbabilities.Count);
        var (text, finish) = ("", (ChatFinishReason?)null);
        await foreach (var update in chat.CompleteChatStreamingAsync(messages, ask, stop))
        {
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            finish ??= update.FinishReason;
        }

        Assert.Equal((whole.Content[0].Text, whole.FinishReason), (text, finish!.Value));

        var schema = BinaryData.FromString("""{"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": false}""");
        ChatCompletion json = await chat.CompleteChatAsync(messages, new ChatCompletionOptions { MaxOutputTokenCount = 60, ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("answer", schema, jsonSchemaIsStrict: true) }, stop);
        Assert.Contains(JsonDocument.Parse(json.Content[0].Text).RootElement.GetProperty("ok").ValueKind, new[] { JsonValueKind.True, JsonValueKind.False });

        var models = await openai.GetOpenAIModelClient().GetModelsAsync(stop);
        Assert.Equal("tiny", Assert.Single(models.Value).Id);
        var error = await Assert.ThrowsAsync<ClientResultException>(() => openai.GetChatClient("none").CompleteChatAsync(messages, cancellationToken: stop));
        Assert.Equal(404, error.Status);
        Assert.Contains("There is no model 'none' here", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_package_for_node_talks_to_the_service()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1", "Fetches the npm package openai; set RATCHET_LONG_TESTS=1.");
        var folder = Path.Combine(Path.GetTempPath(), "ratchet-npm-openai");
        Directory.CreateDirectory(folder);
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "openai")))
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), "{}", TestContext.Current.CancellationToken);
            var (installed, output) = await RunAsync("npm", folder, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "openai");
            Assert.SkipUnless(installed == 0, $"npm cannot fetch the package openai: {output}");
        }

        await using var stand = await ModelFolder.ServeAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "client.cjs"), Script, TestContext.Current.CancellationToken);
        var (code, said) = await RunAsync("node", folder, "client.cjs", stand.Service.Url);
        Assert.Equal((0, "well"), (code, said.Trim()));
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output + await error);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}
