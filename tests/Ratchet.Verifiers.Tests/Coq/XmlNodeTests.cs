using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

public sealed class XmlNodeTests
{
    [Fact]
    public void Elements_attributes_and_text_are_read()
    {
        var nodes = XmlNode.Parse("""<feedback route="0"><a/></feedback><value val="good" loc_s="3"><list><string>n&nbsp;&lt;&#160;m &amp;lt; &quot;</string><string/></list></value>""");
        Assert.Equal(["feedback", "value"], nodes.Select(n => n.Name));
        Assert.Equal(("good", 3, (int?)null), (nodes[1].Attribute("val"), nodes[1].Number("loc_s"), nodes[1].Number("loc_e")));
        Assert.Equal("n < m &lt; \"", nodes[1][0][0].Text);
        Assert.Equal("n < m &lt; \"", nodes[1].Find("string")!.Text);
        Assert.Null(nodes[0].Find("string"));
    }

    [Theory]
    [InlineData("<a>")]
    [InlineData("</a>")]
    [InlineData("<a></b>")]
    [InlineData("<a")]
    [InlineData("<a b=c>")]
    public void What_is_no_dialogue_is_refused(string text) => Assert.Throws<FormatException>(() => XmlNode.Parse(text));

    [Fact]
    public void Depth_is_bounded() => Assert.Throws<FormatException>(() => XmlNode.Parse(string.Concat(Enumerable.Repeat("<a>", 100_000))));

    [Fact]
    public void An_element_that_is_not_there_is_a_format_error() => Assert.Throws<FormatException>(() => XmlNode.Parse("<a><b/></a>")[0][1]);
}
