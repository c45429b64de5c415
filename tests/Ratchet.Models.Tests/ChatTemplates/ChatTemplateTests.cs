using System.Text.Json.Nodes;
using Ratchet.Models.ChatTemplates;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.ChatTemplates;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessage[] Talk = [new("system", "Be brief."), new("user", "Hi"), new("assistant", " Hello! "), new("user", "2+2?")];

    [Fact]
    public void A_conversation_is_written_turn_by_turn()
    {
        var template = new ChatTemplate(
            """
            {{ bos_token }}
            {%- for message in messages %}
                {%- if message['role'] == 'system' and not loop.first %}
                    {{- raise_exception('system must come first') }}
                {%- endif %}
            <|{{ message.role }}|>
            {{ message.content | trim }}{{ eos_token }}
            {% endfor %}
            {% if add_generation_prompt %}
            <|assistant|>
            {% endif %}
            """,
            new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });

        Assert.Equal("<s><|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello!</s>\n<|user|>\n2+2?</s>\n<|assistant|>\n", template.Render(Talk));
        Assert.Equal("<s><|user|>\nHi</s>\n", template.Render([Talk[1]], addGenerationPrompt: false));
        Assert.Contains("system must come first", Assert.Throws<RatchetException>(() => template.Render([Talk[1], Talk[0]])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ 1 + 2 * 3 ** 2 // 4 - 7 % 4 }}", "2")]
    [InlineData("{{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 * 1.5 }}", "3.5 -4 2 3.0")]
    [InlineData("{{ 'a' ~ 1 ~ none ~ true }}", "a1NoneTrue")]
    [InlineData("{{ 'ab' 'cd' }}{{ 'x' * 3 }}", "abcdxxx")]
    [InlineData("{{ [1, 'a', none, true, 1.0] }} {{ {'a': [1]} }} {{ \"it's\" }} {{ [\"it's\"] }}", "[1, 'a', None, True, 1.0] {'a': [1]} it's [\"it's\"]")]
    [InlineData("{{ 'yes' if 0 else 'no' }}{{ 'only' if false }}", "no")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'b' not in 'abc' }} {{ 2 in [1, 2] }} {{ not 'a' == 'b' }}", "True False False True True")]
    [InlineData("{{ none or 'x' }} {{ 'a' and 'b' }} {{ missing is defined }} {{ missing is not defined }}", "x b False True")]
    [InlineData("{{ 'abcdef'[1:-1:2] }} {{ 'abc'[::-1] }} {{ [1,2,3][-1] }} {{ 'abc'[5] is undefined }}", "bd cba 3 True")]
    [InlineData("{% for a, b in {'x': 1, 'y': 2}.items() %}{{ a }}={{ b }};{% endfor %}", "x=1;y=2;")]
    [InlineData("{% for i in range(5) if i is odd %}{{ i }}{{ ',' if not loop.last }}{% else %}none{% endfor %}", "1,3")]
    [InlineData("{% for i in [] %}{{ i }}{% else %}none{% endfor %}", "none")]
    [InlineData("{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", "023")]
    [InlineData("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1")]
    [InlineData("{% set n = namespace(x=1) %}{% for i in [1] %}{% set n.x = 2 %}{% endfor %}{{ n.x }}", "2")]
    [InlineData("{% set t %}a{{ 1 }}b{% endset %}{{ t | upper }}", "A1B")]
    [InlineData("{% macro m(a, b='y') %}[{{ a }}{{ b }}]{% endmacro %}{{ m('x') }}{{ m(b=1, a=2) }}", "[xy][21]")]
    [InlineData("{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "3210")]
    [InlineData("{{ {'b': 1, 'a': [true, none, 'é\"']} | tojson }}", """{"b": 1, "a": [true, null, "é\""]}""")]
    [InlineData("{{ [1, {'a': 2}] | tojson(indent=2) }}", "[\n  1,\n  {\n    \"a\": 2\n  }\n]")]
    [InlineData("{{ ['b', 'A', 'c'] | sort | join('-') }} {{ [3, 1] | sort(reverse=true) | first }} {{ [1, 2] | sum }}", "A-b-c 3 3")]
    [InlineData("{{ [{'r': 'u'}, {'r': 'a'}] | selectattr('r', 'equalto', 'a') | map(attribute='r') | list }} {{ ['a ', ' b'] | map('trim') | join }}", "['a'] ab")]
    [InlineData("{{ ' x ' | trim }}|{{ ' x '.lstrip() }}|{{ 'xxyx'.strip('x') }}|{{ 'a,b,c'.split(',')[1] }}|{{ 'hello world' | title }}", "x|x |y|b|Hello World")]
    [InlineData("{{ 'a\\nb' | indent(2) }} {{ missing | default('d') }} {{ '' | default('d', true) }} {{ '12' | int + 1 }} {{ 'abc' | length }}", "a\n  b d d 13 3")]
    [InlineData("a\n  {% if true %}\n  b\n  {%- endif %}\n\nc\n", "a\n  b\nc")]
    [InlineData("a {#- note -#} b{# x #}\nc", "abc")]
    [InlineData("{{ 'startswith'.startswith('start') }} {{ 'x.y' is string }} {{ {} is mapping }} {{ 1 is number }} {{ [1] is iterable }}", "True True True True True")]
    public void Expressions_and_blocks_follow_Jinja(string template, string expected) => Assert.Equal(expected, new ChatTemplate(template).Render(Talk));

    [Theory]
    [InlineData("a\n{% import 'x' as y %}", "line 2: the block 'import' is not supported")]
    [InlineData("{{ x | frobnicate }}", "the filter 'frobnicate' is not supported")]
    [InlineData("{{ x is frobnicated }}", "the test 'frobnicated' is not supported")]
    [InlineData("{% if true %}", "'endif' is missing")]
    [InlineData("{% endif %}", "'endif' closes nothing")]
    [InlineData("{{ 'a", "the text does not end")]
    [InlineData("{{ 1 +", "the tag does not end")]
    [InlineData("{{ missing.name }}", "'missing' (undefined) has no 'name'")]
    [InlineData("{{ 'a' + 1 }}", "a text and a number cannot be added")]
    [InlineData("{{ 1 // 0 }}", "divided by zero")]
    [InlineData("{{ 'a' * 999999999999 }}", "characters")]
    [InlineData("{{ range(999999999) }}", "more than 100000")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "64 deep")]
    [InlineData("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{{ messages.__class__.mro() }}", "has no 'mro'")]
    public void What_is_not_supported_is_refused_by_name(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<RatchetException>(() => new ChatTemplate(template).Render(Talk)).Message, StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_refused_and_not_a_crash()
    {
        foreach (var text in (string[])["{{ " + new string('(', 50_000), "{{ " + new string('[', 50_000), string.Concat(Enumerable.Repeat("{% if true %}", 50_000)), "{{ " + string.Concat(Enumerable.Repeat("not ", 50_000))])
            Assert.Throws<RatchetException>(() => new ChatTemplate(text).Render(Talk));
    }

    [Fact]
    public void Tools_and_variables_reach_the_template()
    {
        var template = new ChatTemplate("{% for tool in tools %}{{ tool.function.name }}:{{ tool | tojson }}{% endfor %}{{ enable_thinking }}");
        var tools = new JsonArray(new JsonObject { ["function"] = new JsonObject { ["name"] = "add" } });

        Assert.Equal("""add:{"function": {"name": "add"}}False""", template.Render(Talk, tools: tools, variables: new JsonObject { ["enable_thinking"] = false }));
    }

    [Fact]
    public void The_date_comes_from_the_clock()
    {
        var template = new ChatTemplate("{{ strftime_now('%d %b %Y') }}", time: new FixedTime(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero)));

        Assert.Equal("04 Mar 2026", template.Render(Talk));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
