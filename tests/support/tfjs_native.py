"""Models that TensorFlow.js 4.22 itself built and saved, in node, with what it predicts.

Of `maps`, `sequences` and `twice`, each has the `model.json` as it was written, the bytes of `weights.bin` in
base64, and the outputs for `pictures()`. The weights are random, in eighths.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

PACKED = (
    "eNrtHdlu20jyVxZ6DWOLh64A+9AmPYIAOStPsgtoDYNgLJrWjERpJcqazMD/vn2QXdXNpkQ69jiZkYzEIvuqu/qq8s0frTRaxq0P"
    "rWW03ras1nI1ixetD3+IL59X69VilXxlL+4W0XYb5rWveDWrdbdK7+cJKy66YQU2LVlEX+PNtvXhRhbN0/UuY0VKTyP2dswqK919"
    "ibK7h5A3CbcP0ZpWvUl3i4XVpz/urdWaZV/Zy9b9YhVlrkMbb9fRZktf3UeLbWxpoz5Z9NuX1S6dhSkFkQF2+2RJ2OjAj84s9Nmv"
    "oASjeK3Adz9fZBw/z2r9Gm/SeEGBnWfzaDH/naKi0+s/0WYepXfxpztaIU2Urrb0Ha1jC+IzlKI0jB5Zpdl8m23mX3bZfJXSgnS1"
    "WUaM7Ns4nrU+MHo8PcnxN3GyW9Bx+PicVkUJHYv2E83TTCvY0sqUEi6nKBtKUMa2bPq8jmYzBuuH1pYhQaGJsii8ZzBkjGQPUUr7"
    "2IYUz4zDuogYnOEmymLZSXSXzR+jHP6HaDOjYybL1XxGW+y2cfhlHtERs82Ocox9P0jF/8ab1RbTjmHPWxlw5yPPs6+mMt6mTJUq"
    "YeC1oi+MSwxSgyzd3EjxbtOfP55ub7F4LeLoVwZIuNiFY/b953j875KYyRJFPKLF+iFqfWifudbR7moBqqNnAlion5C3+e+Crxfs"
    "3Uf8qoRBuYqKym9zCsN7LunLOM12S4bXYGC14vV2vmAy0j5rt2n5HS1l7BKCkWtILiUxlcLGUpJEy+XhZv9K41Kr5eqRakC4jKlG"
    "Nh4yb/yYq37jwTmiBuEVqJikmjUoS7WoXynt9VldS7qqZNMkZeu83sSoDhOzKjRnhGhmMhG8oEwZ6nA28SyMfsutoXNrVYJciyi1"
    "aWyi0ixeZw/7OTWWueYGxYsKd6WVKyR8G8O/iRe77nds8euQWGO0JRqFy90im68XczaUY6Ge3mw6ACAY6KBgqhDDLLm6vJsEdBvT"
    "mRejTEG9T8WLCgHVys0TK/etZinb1X22Xuy237G81qG4WV7/JNHcpXPGgpJsrlcUmTeG4aB+AICNlAc3rKdYNUyOSdd265DK+ZqR"
    "hbb59/pT8VDWMlyoklDok8P92mF1mbNpGF0DFrqRxtQz8pJa8NRyjjWE2TinZmtGzafydeThKWq5imGKesMszXc6J208LWxMr1pc"
    "O8h4E79y5tLO0+16ReVecPdz8Vyx6pblZi/h/AWX30IxGzo21YXR+db3v8A+KAr1Fht1ZdokkBTcVZhTmULDcJ/kT2VjqpQq8iP5"
    "dCNWCjdtOqU4alhrwtBkQX+InEaF3KzWazGuX3w17H3JIgXrorFAu03RdhqgXTl0LXyPEM2Ea/QYb6IkDterVW6xiHgzyV+UEdcr"
    "qEynb1X1BXV9pILHtrdAoUWNWpSpB2g9saggsok+y+g3NORV9Fs1XXBhJU0qTJhu42qR5DBstUhRi6omumQPdLrzsFrM4lm+EPoM"
    "b4y7Flq5QqHsgfpuPp/oWI1GqIXkQTqZkBPDGbEogc46p4K9i/nCzNhBLSDroGuCNYl22y314bQvNmce5o8f2VMJeqVUdfbZbBY/"
    "MhbYVt2ua+GlkMJogfhe04wq4mqXhYQ9BeKhbHlQoQK9WLNi2A/3WgvyI+gbd6Ty8aoQOAQ7nbCJgfJTnXzHTc6orAOD1NP1QyQx"
    "itZi9SVahGUbMeQFRx2FuZqCfC079ww4ahGkTMgDVFCNiBj5oDsoV3k25nXGfkGM7+mqNovT8Cfxu4RZ/t50ymlo+oKA0eHuqLak"
    "9B+byhXfTQukoqzimOV4h/VMRGPJzNGybhrwFtqUyWveF0+pGQnY/4Yt8FSz/Du67KHodA2bfdt5khpWS2+9rnzeaq16NfqcdVzl"
    "CvbYfrrCmrqrmAohPcJ859nM11fJ+c2BE+NfgvFObaOoCItx7jSjE/bZrDxRms1M1hlVfz4A1o2GjHHZJA5/voZX+ZfyaikvMN6V"
    "MbWuN8eRGDaBtrDfub2uWvEaSVpuWm9NYkCxEYGpL1vulmw1w36bFqPsvZG65aaN1oqAahOAUQ23tl1yDU6Jgn/ySa9kmtwGS2pN"
    "hoDnt5a48hPKm27KHSC2F0aneFoFFQheTdCHQk7lbSuIn93/sn0vWv3DO3OcszYF+Et092uczlgxbb7ahPeL1f7sly272iYn2KLR"
    "+2V+PS+J05gtvGYXX9nWBG/3k2j2DzzIoxyF7SXGm7yFoN8+nicP2fYqSuf37OyHXelbR9kDw6h1dp4Xn32Zp61bWRtf/FMvHJ0L"
    "/rX4NYt1voFGfzzDpb7KG3rnXCmgiyONa96/OOdnKC/fLTuyqd+reuR+Lu5/QWvbso/R6ujZ4jnUMHLDE7tz3zKCxqD+4f6OngEe"
    "g7jPz/G/aQQ4wS2NwGhuvnbaaASNJkf6q3m4URLaF+pWE1q3lnpWn0GY1d6xvrlfjahHBRfmemWQup7VbdBeG7p+U8cwdIORXVNz"
    "t0HzZoJY18yh25Ivb0O125THBqD++Qk5oxYhPnlMCEnGHiFD/5zkn9G4T4vY8wV53NPywGOv37H6E1r/mpUTqD8N6POQsPoJqz+V"
    "7QPe/57177NykkxoOUHjsf54/Usi6xP2fMXGI/z5mvVPiFo/f2bjcXgQ/Hn9d6w/Vp8ERf8C/tG4r+CTiGf5gf5p+R7DJz6CHv67"
    "Ap9RUNBD0IvTY8TKLwS+/APPfPzLHP99Dm/+LOl1CfQbAf6cviOJn6A3598I6MvhuxL4cf6y+j7Qd4ropdInQPIA4/H6V74cbx94"
    "Sn9EyoMoJ0h+ODzyWcAn6CPo+5go5fwD+Av+gLwUzyBvEl8f5EEIMZH8Ibzch3JJfwFfzj+gJ6sv+Afyj+Q70eABfAKg99AH+MZe"
    "zr8LgI9g+hT9iXKhfxq/Of1z+Dl8SL4lP30Br8QvyOXbk/BJ+c/bc/7J/i6APoRo7X2pjyX5Bn3I9UPqby4PKv0FPTR5QvQDfHN+"
    "c3Lp8gn6MpLwEICXaPbjCuEn6kv6XqP2yN4Affn4vrQHCdg7IuWP4yPq7yW9BH04fkjf95IeiH/IvhABP5H48/ZEbU9AvqdjVb8x"
    "f5F9e1fAD/bbB3tANHkYIns3LuxJAPo4Avm9Dgz6iOzBFOwV2EfEjxHCn9s/GD/R4ZX6NsT67Cn+APQHy6dm/y9B34jkD7IHSB/2"
    "0p4W/FHtN/8MAX4BD8gXf0b4gTxdlOzVY8HfQv4LfRyBfkE5QfYJ7M1e0zfQb1R/pLW/8lV+EPAfU+QfpL/A9hHZm8einAA+U2mv"
    "fWxvdP6+K+iZywtR/CuiXyLHz+Ub/G+i2tPCHgM9JH2GSP8kPwjIJ7Zncv7ig72+hPFGAZqv7CU8Up+EfQN/uw88KUqSHlcwHpHy"
    "dgHzGwL9k7Gn9E/k/EX3j7k9G6v+6VrOr5B9HYJ/2mv2hiD/JPmD9U/zt2A/kfwMtfngUPNPQzSfC0B/H0F/icLPkW5f/HeKfCF7"
    "rNu3qTbfE/Ya4CXSfvgl+k/AP5CiPsyHkD3xiTa/IMg/9ZX5CsCH8MX2MYD60t5jfybph/AdIn8h+Ynm51do/ij97QX4BzQfhflv"
    "bk+lf0H6hO2JRu890h9p/wjy35o/SjT7xu0Jspd4Pj4p/D+ePyF9VNczuT2V+AbI3/uq/CL8kP2F+QLyJ/sx6Lc6X8zlC+n7RJnf"
    "o/XBJVHtzwjkT9HHpLzeGSF4JD4IHsRPZE+B3mB/faD3FcyHiObPE0xPSX9yXvbvBOAf6voE9vBa8xcg74i+hOj4kgKea7Q+Uf03"
    "8j8E2TNor/lPZO8I+DdhH0FeSaCuH8E/5fqLPpIfeH4n7KUqv4h/U219MtX0Efwd9rdIf5H/Uu0J1j9tfovsSRJ4yvoB6ufrS2wf"
    "E8Vfw/zKJyZ/h+wHyE8i52dovorkR+f3dAzzM+Anmr+PVf4n2vqOyPmPn9tHWj7h4+8n+3/+s2W1vrY+3LTPvH6v27Zdu922vZ7j"
    "9VyrfWb3u7bXbQ867qDT7vcd+sp1uk7H6boDZ+B2e+1uh77zHNvuOoOB07M7fbfT6bGmPafXHQy8ft+jHdqsN6/dbXd7dtulA3To"
    "t1u0aWe5akDZ/3Zxehe/WEICpzohgfMmCQmcRgkJnCYJCey/QUKC4or1N8f6UdzjaPOj5CJwGuUicKpu/XLxDX8Wvw1Xf4V4KxeX"
    "o00Sg9yLverq/pqnIaiAdR1vlrssDifidzlEXLxXbxzOl+KCuY2itsv91LzVq+NmvCQ+X8ah1Ix4Fn6mLwJ4Lt8RV8sV8LmZKklb"
    "5dUBTxPoLEofTvcGXunegGeQmyeriRjUkrqytBpTdMxn8018x+geLcIL/FTOy4FL1Xv9MdXsMOequIJX+MoSj8afPl+ZXOximy1D"
    "VmgMO84F1TELKoVqt9nEaRY2yRTz1uIMUB+M3txkD6ukRPKEEogP/hIqwqjLPCAzz4JCirAb1ABgf229gpFq61x+Qbr1oY2b47fz"
    "5XoRs+QxuagUQ2W7TRrCxDEXlOJ9xmcA+UQsWYXsMs2eyhhc+uRV7ncL+WKXblaL4hGp+RG9qxcFc9xUGO/ob3bh8OdytA59Z9JL"
    "VL1KK92TVr6GVv7ttG9LzU90z8Pjc/V5dY00J9o5qJzG6XCahj9//FieBn/8aNIpVL2kU3fxYiEWmLp2+rSkSkNZqzCv45wc6ElV"
    "/2RVfWLKUJrnVUksn+txkS1qOSf3cpr0vYEsP7Eb2K/tZYRRL3HlU8YuY8+oI/C5zTcoylZUCZnD4I4h1BqdXMjJhZxcyMmFnFzI"
    "W7qQp6eKkGe5dq7KZWWLvWvbnC7aPprV8Mc9nXHUsxnzyYx+9lLKsrifbx++84MXhcX1Dgzk8rB+pgnbHEdv18s0oQna80eqfWiD"
    "qXIkBLLz7BDIyoO500nGS5xkdL4t9cMhQTJGHkvWhkR+LccfgwAo6SwUuVglIYTHHuu+afh3p1aAp3MgwLMKlL9jqKdTFeppNwj1"
    "dPRgpSONj26tm2KnvG/ts2E46oFdynPKYLZCDeFUrQyxZ/VfdgSYM5XGcl56rGaRoQd7L5bzr0gs0xCvRi3TYM3IVcxbTWQY1Gx6"
    "AD23dica2EeaFfOm83x3JGybbEe3cScHOdW8u2YBn6UODFxxLNtp3MtBBj2jP93COsftM0wCTTi5dcJ6URfN4lGxwza6mAbN64z8"
    "Q8WS6rGII4itw7EHE8Pda6LF8sFdc1+7u+yjWBOAT49FgtgVH8faEHm3fKzeTR+hWBJ5Vza/uy9jUVAs2xToCbFPQ1+FR49dQ3fb"
    "ceyLvNv/0rGYxFdjE0YodmPsKbFCUxQ7Ie8u67GMxEexhmos3xTHuuyx/KBYEnQ3GcfuQeyiHrsEsYYotutVYvGuAzX2AuiL5A/L"
    "A6ZvUo5dxXfFtdjMRMrjFYoFAP7BXeuRFutWxM7IWA09NgLFgmp33YkGH+K3Flt6AfJS3K3fa7GvSmwTIWosdIDkB2JLlVgSLRaw"
    "aayijN1Dd82vNf3AsZUQq6DJK4oNgNjlQLv7j+7yX2mxYCOI7Zmi2B4Zu4JiZQjEjhOAH8WOabF3ZKzGxiZjLbYFxWpNlLv4KLYM"
    "xwoEEAsAsYkotkjGeqFYWR9iKaZjoz1W5fMSxbqjWArpb/RYD2SvRmM1tuwaxc5MTLEgkn84tpsYYrvR80iLtSJaLBqK9UsCYyyg"
    "Gpvi41hiFDuixqYlKHaWKP4A+QewDzj2yj/PYyTet896TsfrdDuDjue0+27Ps97bZ55td+1Ozxm4rj3otR32zmUxD3bX6fcc1/a8"
    "jsXa2l6/R1/2bZf20O2Jtl3aqt1xev223bF5fy5t53YHPaff7vfdfnWURLaf8zwYNSMkPvEzUrZtZTyulKWh9tcbn9eJc6CTen/1"
    "5/TnFP8SwQumo73GsTTlA8bTXxr8Af/SYGq6P39bZm5tK+OerMzJypyszMnKPMfK1M/v7hjjfuqGaDmn7K5/6tlm18z/v8XZW9WJ"
    "W43t2KZJAdOmiSdpi+Y5Jf9SCGEhLSNmDxzLadBBs8SXFFhzfka3bjtD6kX3exnzlO7xR0/3qKdXJPoWJKRLGVanUxxp6bkQf1B6"
    "KqDf1HREgdI96eknR5CeR0uf48MWOE6PFqj4QHo5tAV4SdR0e+iD09FBOijEv0BNd0MQPdT0g2iL+lJLr4TSiRG8RQtbmOoW2rCU"
    "TlI9ArkkarpNBD9KV4LS7xBTesU3TveH0hsRlL4rUO0DpBND+ofxGatbjPjIAaWbIUo6G3SkBOlMCdI3LX3iUEvXho70pkg+VXkn"
    "BKXrJAW8un3DRy7oCE9NTznS9AMdWSQoneCj4UiSBOqRHtjjC8AfH3ng/pOKLVx0hAjpsdARHpIPnM5K0hen20PyKtN9onSQBKW7"
    "BHuD0m2O9SMtfUu7r/BfT38E6YrQkQDSx0RLtzcN+kr6P51+OD0pSq9JykdESB9HWjol/YiUQHqhJFDlB+yxD/RVtuTleFp6ON0+"
    "K/7GnM5USV91oR8Jg7/A6URL6c88RT9QurdEOxJMUPo3mV4L83+iHfGg+mq6KB+nc9TTk3mqfUf4yyMjfESN+POoygv0RzA9PCV9"
    "Fdg/H+w7Ti8q7Y+vHTGiIxWUPhn0FaUjVNLXqumtpsi+TvaqfVTTQfr4isM7g/xr/gPbc6Lqv54OEx3R76V/QEe6ero9fOSvzYfw"
    "EZ7qnxE9cbrQkvyoR2J6+jiUzg3ZUz0drK8diWvzQZzuteS/1SP2PT6yTHB6PST/KH1qgtIPT/Zq+l90xKsesV6a0u36pfTB1yRP"
    "Z4bSC0J6Zf+aPa+CPqQ46/Xdrtd1+p2O6w7aLHOZY3fdjtvrDOzuoNOjBRbbvhu0e13H6zl2x+nZFtvBaw8cWqvbYdnRBm7b8ZRT"
    "OYeuPv4POQOMew=="
)


def models() -> dict[str, dict[str, Any]]:
    """All of them, by name."""
    return {one["name"]: one for one in json.loads(zlib.decompress(base64.b64decode("".join(PACKED))))}


def pictures() -> np.ndarray:
    """The (2, 8, 8, 3) pictures that they were asked about."""
    return (np.arange(2 * 8 * 8 * 3) * 37 % 101 / 50 - 1).astype(np.float32).reshape(2, 8, 8, 3)


def write_native(name: str, folder: Path) -> tuple[Path, np.ndarray]:
    """Write one as TensorFlow.js does; the path of its JSON, and its outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    one = models()[name]
    (folder / "weights.bin").write_bytes(base64.b64decode(one["weights"]))
    (folder / "model.json").write_text(json.dumps(one["model"]), encoding="utf-8")
    return folder / "model.json", np.array(one["y"], np.float32).reshape(one["shape"])
