import pytest
import torch
from checkpoints import ALEXNET, VGG16, random_model, real_weights, save, vgg16_start
from safetensors.torch import load_file
from torch.nn import functional
from torchvision.models import get_model

from plotopt.colour.ink import linear_to_srgb
from plotopt.errors import PlotoptError
from plotopt.networks import load_network


def views(size_px=64, count=2, channels=3):
    return torch.rand(count, channels, size_px, size_px, generator=torch.Generator().manual_seed(1))


def normalised(light, network):
    return (linear_to_srgb(light) - network.mean) / network.std


def heard(model, part, pictures):
    """What a part of the whole model puts out."""
    outputs = []
    hook = model.get_submodule(part).register_forward_hook(lambda *event: outputs.append(event[-1].clone()))
    with torch.no_grad():
        model(pictures)
    hook.remove()
    return outputs[0]


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    return save(tmp_path_factory.mktemp("vgg") / "vgg16.pth", vgg16_start())


@pytest.mark.parametrize(
    ("name", "part", "size_px", "options"),
    [
        ("squeezenet1_1", "features.6", 64, {}),
        ("squeezenet1_1", "features.5", 48, {}),
        ("resnet18", "layer2", 64, {}),
        ("resnet18", "layer2.0.conv2", 64, {}),
        ("mobilenet_v2", "features.4", 64, {}),
        ("mobilenet_v3_small", "features.4", 64, {}),
        ("regnet_y_400mf", "trunk_output.block2", 64, {}),
        ("googlenet", "inception3b", 64, {"transform_input": True, "init_weights": False}),
        ("densenet121", "features.denseblock1.denselayer2", 64, {}),
    ],
)
def test_a_cut_network_agrees_with_the_whole_one(tmp_path, name, part, size_px, options):
    whole = random_model(name, **options)
    path = save(tmp_path / "w.pth", whole.state_dict())
    network = load_network(name, [part], weights=path, size_px=size_px)
    light = views(size_px)
    (cut,) = network(light)
    expected = heard(whole, part, normalised(light, network))
    assert cut.shape == expected.shape
    assert cut.shape[1] == network.channels[0]
    assert expected.std() > 0
    assert torch.allclose(cut, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))
    held = sum(p.numel() for p in network.module.parameters())
    assert 0 < held < sum(p.numel() for p in whole.parameters())


def test_swins_channels_are_moved_to_their_place(tmp_path):
    whole = random_model("swin_t")
    state = {name: value for name, value in whole.state_dict().items() if name < "features.2"}
    network = load_network("swin_t", ["features.1"], weights=save(tmp_path / "w.pth", state), size_px=96)
    # Away from the usual size rows may be as many as channels, and the place stays the same.
    for size_px in (96, 384):
        light = views(size_px, count=1)
        (cut,) = network(light)
        expected = heard(whole, "features.1", normalised(light, network)).permute(0, 3, 1, 2)
        assert cut.shape == (1, 96, size_px // 4, size_px // 4)
        assert torch.allclose(cut, expected, atol=1e-5)


def test_tokens_stand_in_a_column(tmp_path):
    with torch.device("meta"):
        whole = get_model("vit_b_16").eval()
    generator = torch.Generator().manual_seed(0)
    beginning = ("class_token", "conv_proj", "encoder.pos_embedding", "encoder.layers.encoder_layer_0.")
    state = {
        name: 0.02 * torch.randn(value.shape, generator=generator)
        for name, value in whole.state_dict().items()
        if name.startswith(beginning)
    }
    names = ["conv_proj", "encoder.layers.encoder_layer_0"]
    network = load_network("vit_b_16", names, weights=save(tmp_path / "w.pth", state))
    light = views(224)
    patches, tokens = network(light)
    assert patches.shape == (2, 768, 14, 14)
    assert tokens.shape == (2, 768, 197, 1)
    # The first block by hand, from the model's own parts.
    whole.load_state_dict(state, strict=False, assign=True)
    line = whole.conv_proj(normalised(light, network)).flatten(2).transpose(1, 2)
    line = torch.cat([whole.class_token.expand(2, -1, -1), line], dim=1) + whole.encoder.pos_embedding
    by_hand = whole.encoder.layers[0](line)
    assert torch.allclose(tokens[..., 0], by_hand.transpose(1, 2), atol=1e-5)


def test_only_what_lies_below_is_held(vgg_file):
    network = load_network("vgg16", ["conv3_3"], weights=vgg_file)
    convolutions = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
    held = sum(p.numel() for p in network.module.parameters())
    assert held == sum(9 * before * after + after for before, after in convolutions) == 1_735_488
    assert not any(p.requires_grad or p.is_meta for p in network.module.parameters())
    assert not any(part.training for part in network.module.modules())


def test_layers_are_put_out_in_the_order_asked_for(vgg_file):
    network = load_network("vgg16", ["relu3_1", "conv1_2", "features.5"], weights=vgg_file)
    outputs = network(views(32))
    assert [tuple(each.shape) for each in outputs] == [(2, 256, 8, 8), (2, 64, 32, 32), (2, 128, 16, 16)]
    assert network.channels == (256, 64, 128)
    assert [layer.name for layer in network.layers] == ["relu3_1", "conv1_2", "features.5"]


def test_a_layer_is_not_spoilt_by_those_above_it(tmp_path):
    """torchvision's ReLUs and sums work in place; here a layer that is asked for stays as it was."""
    path = save(tmp_path / "w.pth", random_model("resnet18").state_dict())
    names = ["bn1", "layer1.0.bn2", "layer1.0.add", "layer1"]
    together = load_network("resnet18", names, weights=path)(views())
    for name, output in zip(names, together, strict=True):
        (alone,) = load_network("resnet18", [name], weights=path)(views())
        assert torch.equal(output, alone)
    assert (together[0] < 0).any()


def test_grey_light_is_seen_as_three_equal_colours(vgg_file):
    network = load_network("vgg16", ["relu1_2"], weights=vgg_file)
    grey = views(16, channels=1)
    assert torch.equal(network(grey)[0], network(grey.expand(-1, 3, -1, -1))[0])


def test_light_is_encoded_and_normalised_as_imagenet_is(vgg_file):
    network = load_network("vgg16", ["conv1_1"], weights=vgg_file)
    state = vgg16_start()
    # Half the code 0.735357 is half the light; ImageNet's mean and deviation of each colour.
    picture = torch.tensor([0.735357 - 0.485, 0.735357 - 0.456, 0.735357 - 0.406])
    picture = (picture / torch.tensor([0.229, 0.224, 0.225]))[None, :, None, None].expand(1, 3, 5, 5)
    by_hand = functional.conv2d(picture, state["features.0.weight"], padding=1)
    assert torch.allclose(network(torch.full((1, 1, 5, 5), 0.5))[0], by_hand, atol=1e-5)


def test_leaky_relus_leak_and_plain_ones_do_not(vgg_file):
    before, plain = load_network("vgg16", ["conv1_1", "relu1_1"], weights=vgg_file)(views(16))
    _, leaky = load_network("vgg16", ["conv1_1", "relu1_1"], weights=vgg_file, relu_slope=0.1)(views(16))
    assert (before < 0).any()
    assert torch.equal(plain, before.clamp(min=0))
    assert torch.allclose(leaky, torch.where(before < 0, 0.1 * before, before))


def test_functions_and_nested_modules_leak_too(tmp_path):
    whole = random_model("googlenet", transform_input=True, init_weights=False)
    path = save(tmp_path / "g.pth", whole.state_dict())
    names = ["conv1.bn", "conv1.relu"]
    before, after = load_network("googlenet", names, weights=path, relu_slope=0.2)(views())
    assert torch.allclose(after, torch.where(before < 0, 0.2 * before, before), atol=1e-6)
    whole = random_model("mobilenet_v2")
    whole.features[0][1].weight.data.fill_(10)
    path = save(tmp_path / "m.pth", whole.state_dict())
    network = load_network("mobilenet_v2", ["features.0"], weights=path, relu_slope=0.1)
    before = heard(whole, "features.0.1", normalised(views(), network))
    by_hand = torch.where(before < 0, 0.1 * before, torch.where(before > 6, 6 + 0.1 * (before - 6), before))
    assert (before < 0).any()
    assert (before > 6).any()
    assert torch.allclose(network(views())[0], by_hand, atol=1e-4)


def _gradient_of_white(network, channel):
    light = torch.ones(1, 1, 32, 32, requires_grad=True)
    network(light)[0][:, channel].mean().backward()
    return light.grad


def test_leaks_keep_the_gradient_alive(tmp_path):
    """With every ReLU closed by its bias nothing comes through a plain one."""
    path = save(tmp_path / "w.pth", vgg16_start(bias=-100.0))
    plain = load_network("vgg16", ["conv3_3"], weights=path)
    leaky = load_network("vgg16", ["conv3_3"], weights=path, relu_slope=0.1)
    assert _gradient_of_white(plain, 37).abs().max() == 0
    assert _gradient_of_white(leaky, 37).abs().min() > 0


def test_gradients_are_those_of_torchvision(vgg_file):
    network = load_network("vgg16", ["conv2_1"], weights=vgg_file)
    light = 0.1 + 0.8 * views(8, count=1).double()
    doubled = light.requires_grad_()
    network.module.double()
    assert torch.autograd.gradcheck(lambda x: network(x)[0].mean((2, 3))[:, :4], doubled, fast_mode=True)


@pytest.mark.parametrize(
    ("model", "layer", "size_px", "message"),
    [
        ("vit_b_16", "encoder", 256, "vit_b_16 takes views of 224 px only, not 256: use --crop 224"),
        ("vit_b_16", "encoder", 64, "vit_b_16 takes views of 224 px only, not 64: use --crop 224"),
        ("inception_v3", "Mixed_7c", 64, "inception_v3 takes views of 75 px or more, not 64: use --crop 299"),
        ("alexnet", "features.12", 32, "alexnet takes views of 63 px or more, not 32: use --crop 224"),
    ],
)
def test_views_that_a_network_cannot_take(tmp_path, capfd, model, layer, size_px, message):
    with pytest.raises(PlotoptError) as caught:
        load_network(model, [layer], weights=tmp_path / "not asked for", size_px=size_px)
    assert str(caught.value) == message
    assert capfd.readouterr() == ("", "")


def test_refusals(vgg_file):
    with pytest.raises(PlotoptError, match="vgg16 has no layer 'conv3_9'"):
        load_network("vgg16", ["conv3_3", "conv3_9"], weights=vgg_file)
    with pytest.raises(PlotoptError, match="no classification model 'vgg17'"):
        load_network("vgg17", ["conv3_3"], weights=vgg_file)
    with pytest.raises(PlotoptError, match=r"ends before features\.17\.weight"):
        load_network("vgg16", ["conv4_1"], weights=vgg_file)
    with pytest.raises(PlotoptError, match=r"features\.0\.weight in .* is 64x3x3x3, not 64x3x11x11"):
        load_network("alexnet", ["features.0"], weights=vgg_file)


def test_loading_moves_no_random_state_and_prints_nothing(vgg_file, capfd):
    before = torch.get_rng_state()
    network = load_network("vgg16", ["conv3_3"], weights=vgg_file)
    first, second = network(views(16)), network(views(16))
    assert torch.equal(first[0], second[0])
    assert torch.equal(torch.get_rng_state(), before)
    assert capfd.readouterr() == ("", "")


@real_weights
@pytest.mark.parametrize(
    ("file", "layer", "depth"),
    [(VGG16, "conv3_3", 15), (VGG16, "conv4_3", 22), (ALEXNET, "features.10", 11)],
)
def test_the_real_networks_agree_with_torchvision(file, layer, depth):
    model = file.name.split("_")[0]
    with torch.device("meta"):
        features = get_model(model).features[:depth].eval()
    state = {name.removeprefix("features."): value.float() for name, value in load_file(file).items()}
    features.load_state_dict({name: state[name] for name in features.state_dict()}, assign=True)
    network = load_network(model, [layer], weights=file, size_px=96)
    light = views(96)
    (cut,) = network(light)
    with torch.no_grad():
        expected = features(normalised(light, network))
    assert torch.allclose(cut, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@real_weights
@pytest.mark.parametrize("channel", [0, 10, 100])
def test_a_blank_page_pulls_at_deep_channels(channel):
    network = load_network("vgg16", ["conv4_2"], weights=VGG16, relu_slope=0.1)
    assert (_gradient_of_white(network, channel) != 0).float().mean() > 0.9
